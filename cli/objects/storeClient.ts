import { Agent } from "node:https";
import type { S3Client } from "@aws-sdk/client-s3";
import { nodeMachines } from "../../sandbox/sandbox.ts";
import { openTunnel } from "../drill/tunnel.ts";
import { secretValue } from "../site/secrets.ts";
import { loopbackS3 } from "./loopbackS3.ts";
import type { StoreTarget } from "./target.ts";
import type { StoreKeys } from "./users.ts";

/** A client of a sandbox's store. */
export interface StoreClient {
  /** Sends each request once: whoever counts failures tries again himself. */
  s3: S3Client;
  /** Ends its connections. */
  close: () => Promise<void>;
}

/** From where a client comes to where. */
export interface StoreWay {
  /** Node whose pods the client stands for; default: the first. */
  node?: string;
  /** Address of one server's pod; default: that of the Service, which chooses one. */
  address?: string;
}

/** Connects to the store as pods of a node do. */
export async function openStoreClient(
  { objects, namespace, kubectl, site }: StoreTarget,
  credentials: StoreKeys,
  { node = nodeMachines(site.name)[0]!, address }: StoreWay = {},
): Promise<StoreClient> {
  const [service] = await kubectl.list(["service", objects.service, "--namespace", namespace]);
  const { clusterIP } = service!["spec"] as { clusterIP: string };
  const ca = await secretValue(kubectl, namespace, objects.certificate, "ca.crt");
  const tunnel = await openTunnel(node, address ?? clusterIP, objects.port);
  const httpsAgent = new Agent({ ca, servername: objects.host, keepAlive: true, maxSockets: 50 });
  const s3 = loopbackS3({ port: tunnel.port, region: objects.region, maxAttempts: 1, credentials, httpsAgent });
  return {
    s3,
    close: async () => {
      s3.destroy();
      httpsAgent.destroy();
      await tunnel.close();
    },
  };
}
