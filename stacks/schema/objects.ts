import { z } from "zod";
import { minioObjects, type MinioConfig } from "./minioObjects.ts";

/** Key `archipel:objects`: the S3 object store, run by the platform or by somebody else. */
export const objects = z.discriminatedUnion("kind", [minioObjects]).describe("the S3 object store: kind minio");

/** The object store as config describes it. */
export type ObjectsConfig = MinioConfig;
