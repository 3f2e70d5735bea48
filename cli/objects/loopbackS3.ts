import type { Agent } from "node:https";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { NodeHttpHandler } from "@smithy/node-http-handler";

// The client warns of the end of its support for this version of Node on standard error, in the middle of the steps.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/** Arguments of loopbackS3. */
export interface LoopbackS3Args extends Pick<
  S3ClientConfig,
  "region" | "credentials" | "maxAttempts" | "requestChecksumCalculation" | "responseChecksumValidation"
> {
  /** Port on loopback that leads to the store. */
  port: number;
  /** Verifies the store, whose certificate names another address than loopback. */
  httpsAgent: Agent;
}

/** An S3 client of a store that a tunnel or a forwarded port leads to. */
export const loopbackS3 = ({ port, httpsAgent, ...config }: LoopbackS3Args): S3Client =>
  new S3Client({
    ...config,
    endpoint: `https://127.0.0.1:${port}`,
    forcePathStyle: true,
    requestHandler: new NodeHttpHandler({ httpsAgent }),
  });
