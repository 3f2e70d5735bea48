/** Where a node has its volumes; machines keep their `/var/lib`. */
export const volumesFolder = "/var/lib/volumes";

/** What makes and mounts them, on the node. */
export const volumesScript = "/var/lib/volumes.sh";
