import { z } from "zod";
import { configKey } from "./common.ts";

/** Where a config holds an access key. */
export const accessKeyFrom = {
  accessKeyIdFrom: configKey("config key with the access key id"),
  secretAccessKeyFrom: configKey("config key with the secret access key"),
};

/** Address of an S3 service for what must not be lost with the site. */
export const otherPlace = z
  .url({ protocol: /^https$/ })
  .describe("address of an S3 service at another place, such as https://s3.example.org");

/** Another S3 service to which objects go, and what opens it. */
export const s3Place = {
  endpoint: otherPlace,
  region: z.string().min(1).max(63).default("us-east-1").describe("region that requests are signed for"),
  caFrom: configKey("config key with the CA (PEM) of the service; default: the public ones").optional(),
  ...accessKeyFrom,
};
