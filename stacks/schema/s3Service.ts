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
