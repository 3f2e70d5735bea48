import type { RepositoryJob } from "./repositoryJob.ts";
import { statusOf } from "./s3.ts";

/** Where a request went, and the config keys that led it there. */
export interface Asked extends Pick<RepositoryJob, "endpoint" | "region" | "bucket" | "path" | "from"> {
  /** Path of the access key in the stack's config; default: `path`. */
  keyPath?: string;
}

/** What is wrong with a store as config describes it. */
export interface Fault {
  /** Key of the store's config. */
  key: "endpoint" | "region" | "caFrom" | "bucket" | "accessKeyIdFrom" | "secretAccessKeyFrom";
  /** What was found. */
  found: string;
  /** What to do. */
  hint: string;
  /** Whether it may be another a moment later. */
  passing?: boolean;
}

/** Keys of config that stand with the access key. */
const OF_THE_KEY: Fault["key"][] = ["accessKeyIdFrom", "secretAccessKeyFrom"];

/** A fault as whoever runs the platform reads it, in a line. */
export const sayFault = ({ path, keyPath = path }: Asked, { key, found, hint }: Fault): string =>
  `${OF_THE_KEY.includes(key) ? keyPath : path}.${key}: ${found}; ${hint}`;

/** A CA that is none. */
export const noCertificate = ({ from }: Asked): Fault => ({
  key: "caFrom",
  found: `archipel:${from.ca} holds no certificate in PEM`,
  hint: "put the CA of the service there: -----BEGIN CERTIFICATE----- and what follows",
});

/** What a failed request says of itself; never a secret: a service's own text may quote what it was sent. */
interface Said {
  /** Name or code. */
  name: string;
  /** HTTP status. */
  status: number;
  /** Its text, which is not shown. */
  text: string;
}

/** Names the config key that made a request fail. */
export function faultOf(error: unknown, job: Asked, action: string): Fault {
  const status = statusOf(error);
  if (status === undefined) return unanswered(error as NodeJS.ErrnoException, job, action);
  // S3 says a code; without one the client names the error after the status.
  const { Code, message } = error as Error & { Code?: string };
  return Code ? answered({ name: Code, status, text: message }, job, action) : foreign(`HTTP ${status}`, job, action);
}

/** An answer that is none of S3, or none that it may give. */
const foreign = (why: string, { endpoint }: Asked, action: string): Fault => ({
  key: "endpoint",
  found: `${endpoint} did not ${action} as an S3 service does (${why})`,
  hint: "name the address of one",
  passing: /^HTTP 5/.test(why),
});

/** Faults by what the service answered. */
function answered(said: Said, { endpoint, bucket, region, from }: Asked, action: string): Fault {
  const { name, status, text } = said;
  const why = `(${name}, HTTP ${status})`;
  const keyFrom = `archipel:${from.accessKeyId}`;
  // Garage says with words what others say with a code.
  if (name === "InvalidAccessKeyId" || /no such key/i.test(text)) {
    return {
      key: "accessKeyIdFrom",
      found: `${endpoint} does not know the access key id in ${keyFrom} ${why}`,
      hint: `put the right one there: pulumi config set --secret ${from.accessKeyId}`,
    };
  }
  if (name === "SignatureDoesNotMatch" || /invalid signature/i.test(text)) {
    return {
      key: "secretAccessKeyFrom",
      found: `the secret in archipel:${from.secretAccessKey} does not belong to the access key id in ${keyFrom} ${why}`,
      hint: `put the right one there: pulumi config set --secret ${from.secretAccessKey}`,
    };
  }
  if (name === "NoSuchBucket") {
    return {
      key: "bucket",
      found: `${endpoint} has no bucket ${JSON.stringify(bucket)} ${why}`,
      hint: "make it there, or name one that is",
    };
  }
  if (name === "AuthorizationHeaderMalformed" || name === "PermanentRedirect") {
    // As AWS says it, or Garage.
    const expected = /(?:expecting '|expected: '\d+\/)([a-z0-9-]+)/.exec(text)?.[1];
    return {
      key: "region",
      found: `${endpoint} has bucket ${bucket} in another region than ${JSON.stringify(region)} ${why}`,
      hint: expected ? `it says: ${expected}` : "name the bucket's region, with the endpoint of that region",
    };
  }
  if (name === "RequestTimeTooSkewed") {
    return {
      key: "endpoint",
      found: `the clocks of ${endpoint} and of this site's nodes differ ${why}`,
      hint: "set the clock that is wrong",
    };
  }
  if (status === 401 || status === 403) {
    return {
      key: "bucket",
      found: `the key in ${keyFrom} may not ${action} in bucket ${JSON.stringify(bucket)} ${why}`,
      hint: "let it list, write, read and delete there, or name the bucket and the key that belong together",
    };
  }
  return {
    key: "endpoint",
    found: `${endpoint} could not ${action} in bucket ${bucket} ${why}`,
    hint: "name an S3 service, or ask whoever runs it",
    passing: status >= 500 || status === 429,
  };
}

/** A certificate that nobody vouches for, as Node.js says it. */
const UNVOUCHED = [
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

/** An address at which nothing answers, or not in time. */
const UNREACHABLE = [
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
];

/** Faults of what came before any answer of S3. */
function unanswered(error: NodeJS.ErrnoException, job: Asked, action: string): Fault {
  const { endpoint, from } = job;
  const { name, code = name, message } = error;
  const atEndpoint = (found: string, hint: string, passing = false): Fault => ({
    key: "endpoint",
    found: `${endpoint} ${found}`,
    hint,
    passing,
  });
  if (UNVOUCHED.includes(code)) {
    const ca = from.ca ? `the CA in archipel:${from.ca}` : "nothing is there, and a public CA";
    return {
      key: "caFrom",
      found: `${ca} does not vouch for the certificate of ${endpoint} (${code})`,
      hint: "name a config key with the CA of the service, in PEM",
    };
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return atEndpoint(`shows a certificate of another name (${message})`, "name the service as its certificate does");
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return atEndpoint(`shows a certificate that does not count now (${code})`, "ask whoever runs the service");
  if (name === "AbortError" || name === "TimeoutError" || UNREACHABLE.includes(code))
    return atEndpoint(
      `cannot be reached from the site (${name === "AbortError" ? "no answer" : code})`,
      "name the service's address, or open the way to it",
      true,
    );
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) return atEndpoint("speaks no TLS", "name a port that does");
  // The client's advice to its programmers comes in further lines.
  return foreign(message.split("\n")[0]!, job, action);
}
