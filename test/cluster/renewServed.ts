import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { Target } from "../../cli/database/target.ts";
import { secretValue } from "../../cli/site/secrets.ts";
import { POSTGRES_PORT } from "../../components/database/layout.ts";
import { READ_PORT } from "../../components/database/poolerConfig.ts";
import { eventually } from "./eventually.ts";
import { renewCertificates } from "./renewCertificates.ts";

/** A day: not what the site's certificates have, so that each is made anew; the site's own renewal makes them longer again. */
const LIFETIME_SECONDS = 86_400;

/** Seconds until kubelet hands a changed Secret on to pods, and some. */
const HANDED_ON = 240;

/** A server that a certificate is for: a container, its port there, and the certificate's Secret. */
interface Place {
  pod: string;
  container: string;
  port: number;
  secret: string;
}

/** Renews the certificates of a database's members and of its PgBouncers, and waits until each of them serves the new one. */
export async function renewServed(target: Target): Promise<void> {
  const { kubectl, namespace, site } = target;
  const places = await placesOf(target);
  const secrets = new Set(places.map((one) => one.secret));
  const certificates = site.certificates.filter(({ secret }) => secrets.has(secret));
  const issued = async (secret: string): Promise<string> =>
    new X509Certificate(await secretValue(kubectl, namespace, secret, "tls.crt")).serialNumber;
  const served = async ({ pod, container, port }: Place): Promise<string> => {
    const connect = `openssl s_client -starttls postgres -connect localhost:${port} </dev/null 2>/dev/null`;
    const where = ["exec", pod, "--namespace", namespace, "--container", container];
    const said = await kubectl.run([...where, "--", "bash", "-c", `${connect} | openssl x509 -noout -serial`]);
    return said.trim().replace("serial=", "");
  };
  const former = await Promise.all(places.map(served));
  assert.deepEqual(former, await Promise.all(places.map(({ secret }) => issued(secret))));
  const system = site.namespaces.system.name;
  await renewCertificates({ kubectl, system, requests: { certificates, lifetimeSeconds: LIFETIME_SECONDS } });
  for (const place of places) {
    await eventually(HANDED_ON, async () => {
      const now = await served(place);
      assert.ok(!former.includes(now), `${place.pod} serves its former certificate on port ${place.port}`);
      assert.equal(now, await issued(place.secret));
    });
  }
}

async function placesOf({ kubectl, namespace, database }: Target): Promise<Place[]> {
  const selector = ["--selector", "app.kubernetes.io/name=pgbouncer", "--namespace", namespace];
  const poolers = await kubectl.list(["pods", ...selector]);
  assert.equal(poolers.length, database.pooler.replicas);
  const members = database.members.map(({ name, certificate }) => ({
    pod: `${name}-0`,
    container: "patroni",
    port: POSTGRES_PORT,
    secret: certificate,
  }));
  const pgbouncers = poolers.flatMap(({ metadata: { name } }) =>
    [database.pooler.port, READ_PORT].map((port) => ({
      pod: name,
      container: "pgbouncer",
      port,
      secret: database.pooler.certificate,
    })),
  );
  return [...members, ...pgbouncers];
}
