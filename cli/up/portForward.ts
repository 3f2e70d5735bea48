import { createInterface } from "node:readline";
import { execa } from "execa";
import type { Kubectl } from "../kubectl.ts";
import { UserError } from "../userError.ts";

/** A Service's port on this machine's loopback, as long as it is open. */
export interface Forward {
  /** Port on 127.0.0.1. */
  port: number;
  /** Ends it. */
  close: () => Promise<void>;
}

/**
 * Forwards a Service's port through the API server.
 *
 * @throws UserError when the Service has no pod that is ready.
 */
export async function portForward(
  kubectl: Kubectl,
  namespace: string,
  service: string,
  port: number,
): Promise<Forward> {
  const child = execa(
    kubectl.program,
    [...kubectl.base, "--namespace", namespace, "port-forward", `service/${service}`, `:${port}`],
    { reject: false, buffer: { stdout: false, stderr: true } },
  );
  const close = async (): Promise<void> => {
    child.kill();
    await child;
  };
  // Leaving execa's own iteration early would wait for the end of the program, which goes on until it is closed.
  const lines = createInterface({ input: child.stdout });
  const listening = new Promise<number>((resolve) => {
    lines.on("line", (line) => {
      const match = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line);
      if (match) resolve(Number(match[1]));
    });
  });
  const forwarded = await Promise.race([listening, child.then(() => undefined)]);
  if (forwarded !== undefined) return { port: forwarded, close };
  const { stderr } = await child;
  throw new UserError(`cannot reach ${namespace}/${service}: ${String(stderr).trim()}`);
}
