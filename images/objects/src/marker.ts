/** Object in each bucket of a second copy that says when the copy was complete; copies and comparisons leave it out. */
export const MARKER = ".archipel-copied";
