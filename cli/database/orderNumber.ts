/** Number of a new order to the members: the moment, in letters and digits that a name may have. */
export const orderNumber = (): string =>
  new Date()
    .toISOString()
    .replace(/[-:]|\.\d+/g, "")
    .toLowerCase();
