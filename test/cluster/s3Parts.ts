import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

/** Least size of a part that is not the last one, as S3 has it. */
const PART = 5 * 2 ** 20;

/** Uploads an object in two parts, of which no store keeps a checksum as a whole; objects of any letter have one size. */
export async function putInParts(
  client: S3Client,
  object: { Bucket: string; Key: string },
  letter: string,
): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object));
  const Parts = [];
  for (const [index, Body] of [letter.repeat(PART), "end"].entries()) {
    const PartNumber = index + 1;
    const { ETag } = await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
    Parts.push({ ETag, PartNumber });
  }
  await client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts } }));
}
