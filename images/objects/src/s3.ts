import { S3Client, S3ServiceException, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { Job, Key } from "./job.ts";

/**
 * Opens a store with a key. Its CA comes by NODE_EXTRA_CA_CERTS.
 *
 * @param more settings of the client beside these, or in their place.
 */
export function openStore(
  { endpoint, region }: Pick<Job, "endpoint" | "region">,
  credentials: Key,
  more: S3ClientConfig = {},
): S3Client {
  return new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    // Checksums that newer clients add by themselves are refused by stores that do not know them.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 5,
    ...more,
  });
}

/** HTTP status of a store's answer; undefined where there was none. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** What a store said, in a line: code, status, message. */
export function sayError(error: unknown): string {
  if (error instanceof S3ServiceException) {
    const status = error.$metadata.httpStatusCode;
    const message = error.message && error.message !== error.name ? `: ${error.message}` : "";
    return `${error.name}${status === undefined ? "" : ` (${status})`}${message}`;
  }
  const { message, cause } = error as Error & { cause?: Error };
  return cause?.message ? `${message}: ${cause.message}` : message;
}

/** Whether a store's answer says that something is not there. */
export const isAbsent = (error: unknown): boolean => statusOf(error) === 404;

/** Codes by which a store says that it does not know a key, or that another secret belongs to it. */
const WRONG_KEY = ["InvalidAccessKeyId", "SignatureDoesNotMatch"];

/** Whether a store's answer says that this key, which it knows, may not do that. */
export const isDenied = (error: unknown): boolean =>
  statusOf(error) === 403 && !WRONG_KEY.includes((error as Error).name);

/** Whether a store's answer says that it knows no such thing. */
export const isUnsupported = (error: unknown): boolean => statusOf(error) === 501;

/** Whether a store answers the same however often it is asked: it knows no such thing, or itself under another region. */
export const isFinal = (error: unknown): boolean =>
  isUnsupported(error) || (error as Error).name === "AuthorizationHeaderMalformed";
