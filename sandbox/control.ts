import { join } from "node:path";
import { busyboxImage } from "./images.ts";
import { machineDir, type Service } from "./machine.ts";
import { keyPair, kubeconfigFile, pkiDir } from "./pki.ts";
import type { SitePlan } from "./plan.ts";
import { writeTemplate } from "./template.ts";
import { volumesFolder } from "./volumes.ts";

/**
 * The services of a site's control machine: etcd, the three of the control plane, and what other clusters run as pods but
 * is here before the first node: DNS, the provisioner of volumes, the controller of load balancers.
 */
export async function controlServices(site: SitePlan): Promise<Service[]> {
  // Before it has what they need, its clients end or sleep for longer and longer, and would slow its start down.
  const apiListens = waitUntil(`busybox nc ${site.control.address} 6443 -e true`);
  const furnished = waitUntil(`[ -e ${furnishedNote(site)} ]`);
  return [
    etcd(site),
    apiServer(site),
    { ...controllerManager(site), before: [apiListens] },
    { ...scheduler(site), before: [apiListens] },
    { ...(await dns(site)), before: [furnished, apiListens] },
    { ...(await provisioner(site)), before: [furnished, apiListens] },
    { ...loadBalancers(site), before: [furnished, apiListens] },
  ];
}

/** A note of what the cluster was furnished with: it has MetalLB's resources when the note is there. */
export function furnishedNote(site: SitePlan): string {
  return machineDir(site.control.name, "furnished.yaml");
}

function waitUntil(condition: string): string {
  return `until ${condition} 2>/dev/null; do sleep 0.2; done`;
}

/** etcd speaks plainly, on the loopback of the control machine, where nothing else runs. */
function etcd({ control }: SitePlan): Service {
  return {
    name: "etcd",
    command: [
      "etcd",
      `--name=${control.name}`,
      `--data-dir=${machineDir(control.name, "etcd")}`,
      "--listen-client-urls=http://127.0.0.1:2379",
      "--advertise-client-urls=http://127.0.0.1:2379",
      "--listen-peer-urls=http://127.0.0.1:2380",
      "--initial-advertise-peer-urls=http://127.0.0.1:2380",
      `--initial-cluster=${control.name}=http://127.0.0.1:2380`,
      "--log-level=warn",
    ],
  };
}

function apiServer(site: SitePlan): Service {
  const server = keyPair(site.name, "apiserver");
  const toKubelet = keyPair(site.name, "apiserver-kubelet");
  const toExtensions = keyPair(site.name, "front-proxy-client");
  const { key: serviceAccountKey } = keyPair(site.name, "service-account");
  return {
    name: "kube-apiserver",
    command: [
      "kube-apiserver",
      "--etcd-servers=http://127.0.0.1:2379",
      `--advertise-address=${site.control.address}`,
      `--service-cluster-ip-range=${site.serviceCidr}`,
      `--tls-cert-file=${server.cert}`,
      `--tls-private-key-file=${server.key}`,
      `--client-ca-file=${keyPair(site.name, "ca").cert}`,
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      `--encryption-provider-config=${join(pkiDir(site.name), "encryption.yaml")}`,
      "--allow-privileged=true",
      "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
      `--service-account-key-file=${serviceAccountKey}`,
      `--service-account-signing-key-file=${serviceAccountKey}`,
      `--kubelet-certificate-authority=${keyPair(site.name, "ca").cert}`,
      `--kubelet-client-certificate=${toKubelet.cert}`,
      `--kubelet-client-key=${toKubelet.key}`,
      "--kubelet-preferred-address-types=InternalIP",
      // There is no kube-proxy on this machine: Services of extensions and webhooks are reached by their endpoints.
      "--enable-aggregator-routing=true",
      `--requestheader-client-ca-file=${keyPair(site.name, "front-proxy-ca").cert}`,
      "--requestheader-allowed-names=front-proxy-client",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-username-headers=X-Remote-User",
      `--proxy-client-cert-file=${toExtensions.cert}`,
      `--proxy-client-key-file=${toExtensions.key}`,
      "--profiling=false",
    ],
  };
}

function controllerManager(site: SitePlan): Service {
  const kubeconfig = kubeconfigFile(site.name, "controller-manager");
  const ca = keyPair(site.name, "ca");
  return {
    name: "kube-controller-manager",
    command: [
      "kube-controller-manager",
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      "--bind-address=127.0.0.1",
      "--leader-elect=false",
      "--use-service-account-credentials=true",
      `--service-account-private-key-file=${keyPair(site.name, "service-account").key}`,
      `--root-ca-file=${ca.cert}`,
      `--cluster-signing-cert-file=${ca.cert}`,
      `--cluster-signing-key-file=${ca.key}`,
      "--profiling=false",
    ],
  };
}

function scheduler(site: SitePlan): Service {
  const kubeconfig = kubeconfigFile(site.name, "scheduler");
  return {
    name: "kube-scheduler",
    command: [
      "kube-scheduler",
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      "--bind-address=127.0.0.1",
      "--leader-elect=false",
      "--profiling=false",
    ],
  };
}

async function dns(site: SitePlan): Promise<Service> {
  const corefile = await writeTemplate(machineDir(site.control.name, "etc/Corefile"), "Corefile", {
    ADDRESS: site.control.address,
    KUBECONFIG: kubeconfigFile(site.name, "coredns"),
  });
  return { name: "coredns", command: ["coredns", "-conf", corefile] };
}

async function provisioner(site: SitePlan): Promise<Service> {
  const config = await writeTemplate(machineDir(site.control.name, "etc/volumes.json"), "volumes.json", {
    FOLDER: volumesFolder,
  });
  const helper = await writeTemplate(machineDir(site.control.name, "etc/helper-pod.yaml"), "helper-pod.yaml", {
    IMAGE: busyboxImage,
  });
  return {
    name: "local-path-provisioner",
    command: [
      "local-path-provisioner",
      "start",
      `--kubeconfig=${kubeconfigFile(site.name, "provisioner")}`,
      `--config=${config}`,
      `--helper-pod-file=${helper}`,
      "--namespace=sandbox-storage",
      "--configmap-name=volume-scripts",
      "--service-account-name=provisioner",
      "--provisioner-name=archipel.sandbox/local",
      // It waits for a pod per volume: a stack brings a dozen at once.
      "--worker-threads=16",
    ],
  };
}

function loadBalancers(site: SitePlan): Service {
  return {
    name: "metallb-controller",
    env: { KUBECONFIG: kubeconfigFile(site.name, "metallb"), METALLB_NAMESPACE: "metallb-system" },
    command: ["metallb-controller", "--webhook-mode=disabled", "--disable-cert-rotation=true", "--log-level=info"],
  };
}
