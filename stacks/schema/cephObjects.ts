import { z } from "zod";
import { CEPH_IMAGE } from "../cephReleases.ts";
import { resources } from "./common.ts";
import { objectsContent } from "./objectsContent.ts";
import { objectsCopy } from "./objectsCopy.ts";
import { objectsNext } from "./objectsNext.ts";

/** A chart's repository: of its project, or a mirror. */
const repository = (what: string) =>
  z
    .string()
    .regex(/^(https|oci):\/\/[^\s]+$/)
    .describe(`${what}: https:// or oci://, its project's own or a mirror`);

const chartVersion = (what: string) =>
  z
    .string()
    .regex(/^v?[0-9]+\.[0-9]+\.[0-9]+$/)
    .describe(`${what}: one version, such as v1.20.6`);

const chartValues = z
  .record(z.string().min(1), z.unknown())
  .default({})
  .describe("values of the chart beside the platform's own, such as images from a mirror");

const operator = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z
        .literal("chart")
        .default("chart")
        .describe("chart: the platform brings Rook and the drivers of its volumes"),
      version: chartVersion("version of the chart rook-ceph, which is Rook's").default("v1.20.6"),
      repository: repository("repository of the chart rook-ceph").default("https://charts.rook.io/release"),
      values: chartValues,
      drivers: z
        .strictObject({
          version: chartVersion("version of the chart ceph-csi-drivers").default("1.0.4"),
          repository: repository("repository of the chart ceph-csi-drivers").default(
            "https://ceph.github.io/ceph-csi-operator",
          ),
          values: chartValues,
        })
        .prefault({})
        .describe("the drivers of Ceph's volumes, a chart of their own"),
    }),
    z.strictObject({
      kind: z.literal("existing").describe("existing: the site has Rook and the drivers, and no Ceph in its namespace"),
      namespace: z
        .string()
        .regex(/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/)
        .default("rook-ceph")
        .describe("namespace of Rook's operator, where Ceph then stands too: at most 42 characters"),
    }),
  ])
  .prefault({ kind: "chart" })
  .describe("Rook's operator: kind chart (the platform brings it) or existing (the site has it)");

const pattern = (what: string) => z.string().min(1).max(200).describe(`${what}, a regular expression of Go`);

const devices = z
  .strictObject({
    deviceFilter: pattern("devices by their kernel's name, such as ^nvme[12]n1$").optional(),
    devicePathFilter: pattern("devices by their path, such as ^/dev/disk/by-path/pci-.*-nvme-1$").optional(),
    useAllDevices: z.literal(true).optional().describe("true: every empty device of the nodes"),
    deviceClass: z
      .enum(["hdd", "ssd", "nvme"])
      .optional()
      .describe("class of these devices, and of the pools' data; default: what each device says of itself"),
    nodes: z
      .array(z.string().min(1).max(253))
      .min(3)
      .max(1000)
      .optional()
      .describe("names of the nodes that give devices, at least 3; default: all that have such"),
  })
  .describe("what Ceph may write to: exactly one of deviceFilter, devicePathFilter, useAllDevices");

/** Key `archipel:objects`, kind ceph: Ceph under Rook, with volumes beside the object store. */
export const cephObjects = z
  .strictObject({
    kind: z.literal("ceph").describe("ceph"),
    operator,
    image: z
      .string()
      .regex(/^[^\s@]+:[^\s@:/]+@sha256:[0-9a-f]{64}$/)
      .default(CEPH_IMAGE)
      .describe("Ceph's image with tag and digest, at its project's registry or a mirror"),
    devices,
    gateways: z.int().min(2).max(16).default(2).describe("servers of S3: 2 to 16"),
    reclaim: z
      .enum(["Retain", "Delete"])
      .optional()
      .describe("what becomes of a volume whose claim is deleted; default: Retain, in a sandbox Delete"),
    dashboard: z.boolean().default(true).describe("Ceph's own dashboard, inside the cluster"),
    toolbox: z.boolean().default(false).describe("a pod with Ceph's commands and its administrator's key"),
    resources: z
      .strictObject({
        mon: resources({ cpu: "500m", memory: "1Gi", memoryLimit: "2Gi" }),
        mgr: resources({ cpu: "500m", memory: "1Gi", memoryLimit: "2Gi" }),
        osd: resources({ cpu: "1", memory: "4Gi", memoryLimit: "6Gi" }),
        mds: resources({ cpu: "500m", memory: "2Gi", memoryLimit: "4Gi" }),
        rgw: resources({ cpu: "500m", memory: "1Gi", memoryLimit: "2Gi" }),
      })
      .prefault({})
      .describe("CPU and memory of one daemon of each sort: mon, mgr, osd, mds, rgw"),
    ...objectsContent,
    copy: objectsCopy,
    next: objectsNext,
  })
  .describe("Ceph under Rook: S3, and StorageClasses for volumes");

/** A Ceph as config describes it. */
export type CephConfig = z.output<typeof cephObjects>;
