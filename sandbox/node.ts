import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { pauseImage } from "./images.ts";
import { instance } from "./instance.ts";
import { machineCgroup, machineDir, type Service } from "./machine.ts";
import { networkPlugins } from "./packages.ts";
import { keyPair, kubeconfigFile } from "./pki.ts";
import { registryAddress, type NodeMachine, type SitePlan } from "./plan.ts";
import { writeTemplate } from "./template.ts";
import { volumesFolder, volumesScript } from "./volumes.ts";

/** The services of a node: containerd, kubelet, kube-proxy. */
export async function nodeServices(site: SitePlan, node: NodeMachine): Promise<Service[]> {
  return [await containerd(node), await kubelet(site, node), await kubeProxy(site, node)];
}

/** containerd's images stay in the cache when the sandbox goes; what runs is kept on the machine alone. */
async function containerd(node: NodeMachine): Promise<Service> {
  const etc = (...parts: string[]) => machineDir(node.name, "etc", ...parts);
  await writeTemplate(etc("registries/_default/hosts.toml"), "hosts.toml", { REGISTRY: registryAddress });
  await writeTemplate(etc("network/sandbox.conflist"), "network.conflist", { POD_CIDR: node.podCidr });
  const config = await writeTemplate(etc("containerd.toml"), "containerd.toml", {
    ROOT: join(instance().imagesDir, node.name),
    PAUSE_IMAGE: pauseImage,
    PLUGINS: networkPlugins,
    NETWORK: etc("network"),
    REGISTRIES: etc("registries"),
  });
  return { name: "containerd", command: ["containerd", "--config", config] };
}

async function kubelet(site: SitePlan, node: NodeMachine): Promise<Service> {
  const server = keyPair(site.name, `${node.name}-kubelet`);
  const resolvConf = machineDir(node.name, "etc/resolv.conf");
  await writeFile(resolvConf, `nameserver ${site.control.address}\n`);
  const config = await writeTemplate(machineDir(node.name, "etc/kubelet.yaml"), "kubelet.yaml", {
    CA: keyPair(site.name, "ca").cert,
    CERT: server.cert,
    KEY: server.key,
    ADDRESS: node.address,
    DNS: site.dnsService,
    RESOLV_CONF: resolvConf,
    CGROUP: machineCgroup(node.name),
  });
  await writeTemplate(machineDir(node.name, volumesScript), "volumes.sh", {});
  return {
    name: "kubelet",
    before: [
      `sh ${volumesScript} mount ${volumesFolder}`,
      // kubelet gives up when containerd is not there, and runit would wait a second before the next try.
      "until [ -S /run/containerd/containerd.sock ]; do sleep 0.1; done",
    ],
    command: [
      "kubelet",
      `--config=${config}`,
      `--kubeconfig=${kubeconfigFile(site.name, node.name)}`,
      `--hostname-override=${node.name}`,
      `--node-ip=${node.address}`,
      `--node-labels=topology.kubernetes.io/region=${site.name},topology.kubernetes.io/zone=${node.zone}`,
    ],
  };
}

async function kubeProxy(site: SitePlan, node: NodeMachine): Promise<Service> {
  const config = await writeTemplate(machineDir(node.name, "etc/kube-proxy.yaml"), "kube-proxy.yaml", {
    KUBECONFIG: kubeconfigFile(site.name, "kube-proxy"),
    NODE: node.name,
    POD_CIDR: site.podCidr,
    ADDRESS: node.address,
  });
  return { name: "kube-proxy", command: ["kube-proxy", `--config=${config}`] };
}
