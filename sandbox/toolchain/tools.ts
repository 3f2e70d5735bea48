/** The release of Kubernetes that the sandbox runs: the one in go.mod. */
export const kubernetesVersion = "v1.35.4";

/** A program that the sandbox needs and that is built from Go modules where the machine lacks it. */
export interface Tool {
  /** Name of the executable. */
  name: string;
  /** Its main package: a path in a module of go.mod, or a folder here. */
  package: string;
  /** How an executable that the machine has is asked for its version, and what the right one answers. */
  onMachine?: { args: string[]; answer: string };
  /** Whether the Kubernetes project publishes it as an executable of its release. */
  published?: boolean;
}

const kubernetes = (name: string, args: string[]): Tool => ({
  name,
  package: `k8s.io/kubernetes/cmd/${name}`,
  onMachine: { args, answer: kubernetesVersion },
  published: true,
});

/** Everything that is built, in one list: tools of one build share what they compile. */
export const tools: Tool[] = [
  kubernetes("kube-apiserver", ["--version"]),
  kubernetes("kube-controller-manager", ["--version"]),
  kubernetes("kube-scheduler", ["--version"]),
  kubernetes("kubelet", ["--version"]),
  kubernetes("kube-proxy", ["--version"]),
  kubernetes("kubectl", ["version", "--client"]),
  { name: "etcd", package: "go.etcd.io/etcd/server/v3", onMachine: { args: ["--version"], answer: "3.6.5" } },
  { name: "etcdctl", package: "go.etcd.io/etcd/etcdctl/v3", onMachine: { args: ["version"], answer: "3.6.5" } },
  { name: "coredns", package: "./coredns" },
  { name: "registry", package: "./registry" },
  { name: "crane", package: "github.com/google/go-containerregistry/cmd/crane" },
  { name: "metallb-controller", package: "go.universe.tf/metallb/controller" },
  { name: "metallb-speaker", package: "go.universe.tf/metallb/speaker" },
  { name: "local-path-provisioner", package: "github.com/rancher/local-path-provisioner" },
];

/** MetalLB's own manifests, taken from its module. */
export const metallbManifest = { module: "go.universe.tf/metallb", file: "config/manifests/metallb-native.yaml" };
