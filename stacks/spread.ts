/** Whether two pods of a service must or should stand on different nodes. */
export type Spread = "required" | "preferred";

/** Pods of a service must stand apart when there is a node for each, else they should. */
export const spreadOver = (count: number, nodes: number): Spread =>
  count > 1 && count <= nodes ? "required" : "preferred";
