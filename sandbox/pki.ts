import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { execa } from "execa";
import { stringify } from "yaml";
import { instance } from "./instance.ts";
import { loopbackPort, type SitePlan } from "./plan.ts";

/** A certificate and its key, as files. */
export interface KeyPair {
  cert: string;
  key: string;
}

/** What a certificate is for. */
interface Subject {
  /** Common name: the user, for a client. */
  name: string;
  /** Organisations: the groups, for a client. */
  groups?: string[];
  /** Subject alternative names of a server, as openssl writes them: `DNS:a,IP:1.2.3.4`. */
  altNames?: string;
}

/** Who talks to a site's API server, by the name of their kubeconfig: user and groups. */
function clients(site: SitePlan): Record<string, Subject> {
  const serviceAccount = (namespace: string, name: string): Subject => ({
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  });
  return {
    admin: { name: "admin", groups: ["system:masters"] },
    "controller-manager": { name: "system:kube-controller-manager" },
    scheduler: { name: "system:kube-scheduler" },
    "kube-proxy": { name: "system:kube-proxy" },
    coredns: { name: "system:coredns" },
    provisioner: serviceAccount("sandbox-storage", "provisioner"),
    // MetalLB's own manifest gives its rights to this service account.
    metallb: serviceAccount("metallb-system", "controller"),
    ...Object.fromEntries(
      site.nodes.map((node) => [node.name, { name: `system:node:${node.name}`, groups: ["system:nodes"] }]),
    ),
  };
}

/** Folder of a site's certificates and keys, readable by root alone. They last as long as the sandbox. */
export function pkiDir(site: string): string {
  return join(instance().stateDir, "pki", site);
}

/** A key pair of a site by its name: `ca`, `apiserver`, `front-proxy-ca`, a client's or a node's name. */
export function keyPair(site: string, name: string): KeyPair {
  return { cert: join(pkiDir(site), `${name}.crt`), key: join(pkiDir(site), `${name}.key`) };
}

/**
 * A kubeconfig of a site.
 *
 * @param client `admin`, another client's name, or a node's; the file `outside` is the administrator's from outside the
 *   sandbox, through the loopback gateway
 */
export function kubeconfigFile(site: string, client: string): string {
  return join(pkiDir(site), `${client}.kubeconfig`);
}

/** Makes the certificates, keys and kubeconfigs of a site that are not there yet. */
export async function ensurePki(site: SitePlan): Promise<void> {
  await mkdir(pkiDir(site.name), { recursive: true, mode: 0o700 });
  await Promise.all([
    ensureCertificate(site.name, "ca", { name: `${site.name} cluster` }),
    ensureCertificate(site.name, "front-proxy-ca", { name: `${site.name} front proxy` }),
    ensureServiceAccountKey(site.name),
    ensureEncryption(site.name),
  ]);
  const servers: Record<string, Subject> = {
    apiserver: { name: "kube-apiserver", altNames: apiServerNames(site) },
    "apiserver-kubelet": { name: "kube-apiserver", groups: ["system:masters"] },
    ...Object.fromEntries(
      site.nodes.map((node) => [
        `${node.name}-kubelet`,
        { name: node.name, altNames: `DNS:${node.name},IP:${node.address}` },
      ]),
    ),
  };
  await Promise.all([
    ...Object.entries({ ...servers, ...clients(site) }).map(([name, subject]) =>
      ensureCertificate(site.name, name, subject, "ca"),
    ),
    ensureCertificate(site.name, "front-proxy-client", { name: "front-proxy-client" }, "front-proxy-ca"),
  ]);
  const inside = `https://${site.control.address}:6443`;
  const outside = `https://${instance().loopback}:${loopbackPort(6443, site.index)}`;
  for (const name of Object.keys(clients(site))) await ensureKubeconfig(site.name, name, name, inside);
  await ensureKubeconfig(site.name, "outside", "admin", outside);
}

function apiServerNames(site: SitePlan): string {
  const names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"];
  const addresses = [...new Set(["127.0.0.1", instance().loopback, site.control.address, site.apiService])];
  return [...names.map((each) => `DNS:${each}`), ...addresses.map((each) => `IP:${each}`)].join(",");
}

/** Makes a certificate signed by the authority named `by`, or an authority when there is no `by`. */
async function ensureCertificate(site: string, name: string, subject: Subject, by?: string): Promise<void> {
  const { cert, key } = keyPair(site, name);
  if (existsSync(cert)) return;
  const groups = (subject.groups ?? []).map((each) => `/O=${each}`).join("");
  const extensions = by
    ? ["basicConstraints=critical,CA:FALSE", "extendedKeyUsage=clientAuth,serverAuth"]
    : ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"];
  if (subject.altNames) extensions.push(`subjectAltName=${subject.altNames}`);
  const authority = by ? ["-CA", keyPair(site, by).cert, "-CAkey", keyPair(site, by).key] : [];
  await execa("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"],
    ...["-config", join(import.meta.dirname, "templates/openssl.cnf"), "-subj", `${groups}/CN=${subject.name}`],
    ...authority,
    ...extensions.flatMap((each) => ["-addext", each]),
    ...["-keyout", `${key}.new`, "-out", `${cert}.new`],
  ]);
  // The certificate comes last: where it is, the key is whole.
  await rename(`${key}.new`, key);
  await rename(`${cert}.new`, cert);
}

async function ensureServiceAccountKey(site: string): Promise<void> {
  const { key } = keyPair(site, "service-account");
  if (existsSync(key)) return;
  await execa("openssl", ["ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", `${key}.new`]);
  await rename(`${key}.new`, key);
}

/** Secrets are encrypted at rest with a key of the site's own. */
async function ensureEncryption(site: string): Promise<void> {
  const key = { name: "key1", secret: randomBytes(32).toString("base64") };
  await writeOnce(join(pkiDir(site), "encryption.yaml"), {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "EncryptionConfiguration",
    resources: [{ resources: ["secrets"], providers: [{ secretbox: { keys: [key] } }, { identity: {} }] }],
  });
}

async function ensureKubeconfig(site: string, name: string, client: string, server: string): Promise<void> {
  const data = async (path: string) => (await readFile(path)).toString("base64");
  const pair = keyPair(site, client);
  await writeOnce(kubeconfigFile(site, name), {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: site, cluster: { server, "certificate-authority-data": await data(keyPair(site, "ca").cert) } }],
    users: [
      {
        name: client,
        user: { "client-certificate-data": await data(pair.cert), "client-key-data": await data(pair.key) },
      },
    ],
    contexts: [{ name: `archipel-${site}`, context: { cluster: site, user: client } }],
    "current-context": `archipel-${site}`,
  });
}

async function writeOnce(path: string, content: object): Promise<void> {
  if (existsSync(path)) return;
  await writeFile(`${path}.new`, stringify(content), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
