import { execa } from "execa";
import type { KubernetesObject } from "./render/manifests.ts";
import { UserError } from "./userError.ts";

/** What kubectl's Go runtime is told: it ends within a moment, and takes a fifth less processor time with less collecting. */
const GO = { GOGC: "400" };

/** kubectl with one cluster's credentials. */
export interface Kubectl {
  /**
   * Runs kubectl.
   *
   * @param args its arguments; never secrets, since other users of the machine can read them.
   * @param input what it reads from standard input.
   * @param timeoutSeconds after which it is ended. By itself it tries for minutes where a proxy answers for a server that is away.
   * @returns what it printed.
   * @throws KubectlError with what it said.
   */
  run(args: string[], input?: string, timeoutSeconds?: number): Promise<string>;
  /** Objects of a `get`; an empty list where there are none. */
  list(args: string[]): Promise<KubernetesObject[]>;
  /** Path of the kubeconfig; undefined: the user's own. */
  readonly kubeconfig?: string;
  /** Path of the program. */
  readonly program: string;
  /** The arguments that lead to the cluster. */
  readonly base: string[];
}

/** kubectl failed; the message is what it printed. */
export class KubectlError extends Error {
  /** Whether the cluster said that an object does not exist. */
  readonly notFound: boolean;
  /** Whether an object exists already or was changed by somebody else meanwhile. */
  readonly conflict: boolean;

  constructor(message: string) {
    super(message);
    this.name = "KubectlError";
    this.notFound = message.includes("(NotFound)");
    this.conflict = message.includes("(AlreadyExists)") || message.includes("(Conflict)") || /conflict/i.test(message);
  }
}

/**
 * @param program path or name of the kubectl program.
 * @param kubeconfig path of the credentials; default: the user's own.
 * @param context context inside them.
 */
export function kubectl(program: string, kubeconfig?: string, context?: string): Kubectl {
  const base = [...(kubeconfig ? ["--kubeconfig", kubeconfig] : []), ...(context ? ["--context", context] : [])];
  const run = async (args: string[], input?: string, timeoutSeconds = 0): Promise<string> => {
    const child = await execa(program, [...base, ...args], {
      ...{ env: GO, input, maxBuffer: 256 * 1024 * 1024, reject: false },
      timeout: timeoutSeconds * 1000,
    });
    if (child.code === "ENOENT") throw new UserError(`there is no ${program} on the PATH: install Kubernetes' client`);
    if (child.timedOut) throw new KubectlError(`no answer within ${timeoutSeconds} s`);
    if (child.failed) throw new KubectlError(child.stderr.trim() || String(child.shortMessage));
    return child.stdout;
  };
  return {
    run,
    kubeconfig,
    program,
    base,
    list: async (args) => {
      const text = await run(["get", ...args, "--output", "json", "--ignore-not-found"]);
      if (text.trim() === "") return [];
      const parsed = JSON.parse(text) as KubernetesObject & { items?: KubernetesObject[] };
      return parsed.items ?? [parsed];
    },
  };
}
