import { BINDING_ENV } from "../bindingEnv.ts";
import { PROJECT, type Config } from "../config.ts";
import { excerpt, type Mistake } from "../mistakes.ts";
import { repeated, unknownName, type CheckContext } from "./common.ts";

/** MinIO accepts no access key id that is shorter. */
const SHORTEST_USER = 3;

/** Apps refer to images, databases and buckets that exist; no two answer at one place. */
export function checkApps(
  { apps = [], database, objects, edge }: Partial<Config>,
  { images, wrong }: CheckContext,
): Mistake[] {
  const routes = apps.flatMap((app, index) =>
    app.routes.map((route, at) => ({ key: `${route.host}${route.path}`, path: `apps[${index}].routes[${at}]` })),
  );
  return [
    ...repeated(
      apps.map((app) => app.name),
      (index) => `apps[${index}].name`,
    ),
    ...repeated(
      routes.map((route) => route.key),
      (index) => routes[index]!.path,
    ),
    ...apps.flatMap((app, index): Mistake[] => [
      ...(app.image.includes("@") || !images
        ? []
        : unknownName(`apps[${index}].image`, app.image, images, "an image of the lock")),
      ...(app.routes.length > 0 && !edge && !wrong.includes("edge")
        ? [
            {
              path: `${PROJECT}:apps[${index}].routes`,
              found: excerpt(app.routes),
              allowed: "nothing: this stack has no archipel:edge that could serve them",
              hint: "declare archipel:edge, or remove the routes",
            },
          ]
        : []),
      ...(app.bindings.database && !wrong.includes("database")
        ? unknownName(
            `apps[${index}].bindings.database`,
            app.bindings.database,
            database?.databases.map((one) => one.name) ?? [],
            "a database of archipel:database",
          )
        : []),
      ...(app.bindings.bucket && !wrong.includes("objects")
        ? unknownName(
            `apps[${index}].bindings.bucket`,
            app.bindings.bucket,
            objects?.buckets.map((one) => one.name) ?? [],
            "a bucket of archipel:objects",
          )
        : []),
      ...(app.bindings.bucket && app.name.length < SHORTEST_USER
        ? [
            {
              path: `${PROJECT}:apps[${index}].name`,
              found: excerpt(app.name),
              allowed: `a name of at least ${SHORTEST_USER} characters: the app's user of the object store has the same`,
            },
          ]
        : []),
      ...repeatedEnv(app, index),
    ]),
  ];
}

/** An environment variable has one source: env, secretEnv or a binding. */
function repeatedEnv(app: Config["apps"][number], index: number): Mistake[] {
  const bound: string[] = [
    ...(app.bindings.database ? BINDING_ENV.database : []),
    ...(app.bindings.databaseDirect ? BINDING_ENV.databaseDirect : []),
    ...(app.bindings.bucket ? BINDING_ENV.bucket : []),
    "PORT",
  ];
  const taken = (name: string, source: string): Mistake => ({
    path: `${PROJECT}:apps[${index}].${source}.${name}`,
    found: excerpt(name),
    allowed: "a variable that no binding, env or the platform sets already",
    hint: "remove it here",
  });
  return [
    ...Object.keys(app.env)
      .filter((name) => bound.includes(name))
      .map((name) => taken(name, "env")),
    ...Object.keys(app.secretEnv)
      .filter((name) => bound.includes(name) || name in app.env)
      .map((name) => taken(name, "secretEnv")),
  ];
}
