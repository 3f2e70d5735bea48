import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { execa } from "execa";
import { namespaceName } from "../../sandbox/network.ts";

/** A port on loopback that leads to an address inside a sandbox's network. */
export interface Tunnel {
  /** Port on 127.0.0.1. */
  port: number;
  /** Ends it and all its connections. */
  close: () => Promise<void>;
}

/** Runs in the machine's network: whoever connects to the socket in the file system gets to the address. */
const INSIDE = `
  const net = require("node:net");
  const [path, host, port] = process.argv.slice(1);
  net.createServer((client) => {
    const server = net.connect(Number(port), host);
    client.pipe(server).pipe(client);
    client.on("error", () => server.destroy());
    server.on("error", () => client.destroy());
  }).listen(path, () => console.log("listening"));
`;

/** Opens a tunnel from loopback through a machine of the sandbox, as a client on that machine would connect. */
export async function openTunnel(machine: string, host: string, port: number): Promise<Tunnel> {
  const folder = await mkdtemp(join(tmpdir(), "tunnel-"));
  const path = join(folder, "socket");
  const namespace = `/run/netns/${namespaceName(machine)}`;
  const child = execa("nsenter", [`--net=${namespace}`, process.execPath, "--eval", INSIDE, path, host, String(port)], {
    reject: false,
    stdin: "ignore",
  });
  await Promise.race([once(child.stdout, "data"), child]);
  const server = createServer((client) => {
    const inside = connect(path);
    client.pipe(inside).pipe(client);
    client.on("error", () => inside.destroy());
    inside.on("error", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      child.kill();
      await child;
      await rm(folder, { recursive: true });
    },
  };
}
