/** Shares of every kind, and apps that mount them: what a stack with files adds to its config. */
export const filesConfig = {
  "archipel:files": [
    {
      name: "catalogue",
      kind: "nfs",
      server: "filer.example.org",
      export: "/projects/theia/dev/catalogue",
      options: ["nolock", "noatime"],
      size: "1Gi",
      mode: "one-writer",
    },
    {
      name: "elevation",
      kind: "nfs",
      server: "filer.example.org",
      export: "/projects/theia/dev/elevation",
      options: ["nolock", "noatime"],
      size: "32Gi",
      mode: "read-only",
    },
    {
      name: "thesaurus",
      kind: "csi-nfs",
      server: "filer.example.org",
      export: "/projects/shares",
      options: ["nfsvers=4.1"],
      size: "10Gi",
    },
    {
      name: "imports",
      kind: "manila",
      shareType: "default",
      credentials: { secret: "csi-manila-secrets", namespace: "kube-system" },
      size: "200Gi",
    },
    { name: "media", kind: "cephfs", storageClass: "cephfs", size: "40Gi" },
  ],
  "archipel:apps": [
    {
      name: "geonetwork",
      image: "notes",
      replicas: 1,
      release: { command: ["node", "dist/migrate.js"] },
      mounts: [
        { share: "catalogue", path: "/catalogue-data" },
        { share: "thesaurus", path: "/thesaurus", subPath: "geonetwork" },
      ],
    },
    {
      name: "elevation",
      image: "notes",
      mounts: [
        { share: "elevation", path: "/code/data" },
        { share: "thesaurus", path: "/thesaurus", readOnly: true },
        { share: "imports", path: "/imports" },
        { share: "media", path: "/media" },
      ],
    },
  ],
};

/** A stack of nothing else, on a real site. */
export const filesStack = {
  "archipel:sites": [
    {
      name: "grenoble",
      cluster: { context: "grenoble" },
      capabilities: { nodes: 3, storageClasses: { block: "ssd" } },
    },
  ],
  ...filesConfig,
};
