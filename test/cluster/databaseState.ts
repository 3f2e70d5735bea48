import type { Target } from "../../cli/database/target.ts";

/** What tells whether somebody touched an object. */
interface Metadata {
  uid: string;
  name: string;
  generation?: number;
  resourceVersion: string;
}

/** A database as Kubernetes has it: the same twice where nobody touched it in between. */
export interface DatabaseState {
  /** Uids of the members' pods. */
  pods: string[];
  /** Generations of what makes the pods. */
  sets: (number | undefined)[];
  /** Versions of what they read while they run, without what the check of a repository reads. */
  read: string[];
}

/** Looks at a database's objects. */
export async function stateOf({ kubectl, namespace, database }: Target): Promise<DatabaseState> {
  const selector = ["--selector", `app.kubernetes.io/instance=${database.name}`, "--namespace", namespace];
  const metadata = async (kinds: string): Promise<Metadata[]> =>
    (await kubectl.list([kinds, ...selector])).map((one) => one.metadata as unknown as Metadata);
  return {
    pods: (await metadata("pods")).flatMap(({ name, uid }) => (/^pg-\d/.test(name) ? [uid] : [])),
    sets: (await metadata("statefulsets")).map(({ generation }) => generation),
    read: (await metadata("secrets,configmaps"))
      .filter(({ name }) => name !== "pg-backup-check")
      .map(({ resourceVersion }) => resourceVersion),
  };
}
