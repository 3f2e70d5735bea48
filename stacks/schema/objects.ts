import { z } from "zod";
import { cephObjects, type CephConfig } from "./cephObjects.ts";
import { externalObjects, type ExternalObjectsConfig } from "./externalObjects.ts";
import { minioObjects, type MinioConfig } from "./minioObjects.ts";

/** Key `archipel:objects`: the S3 object store, run by the platform or by somebody else. */
export const objects = z
  .discriminatedUnion("kind", [minioObjects, cephObjects, externalObjects])
  .describe("the S3 object store: kind minio, ceph or external");

/** The object store as config describes it. */
export type ObjectsConfig = MinioConfig | CephConfig | ExternalObjectsConfig;
