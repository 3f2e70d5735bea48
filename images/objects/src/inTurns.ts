/**
 * Works on all of a list, some at the same time, and takes no more from it than it works on. What fails ends it: nothing more is
 * begun.
 *
 * @param list what is worked on; it may be as long as it wants.
 * @param atATime pieces of work at one time. Default 8.
 * @throws the first error of `work`, or of the list.
 */
export async function inTurns<T>(
  list: Iterable<T> | AsyncIterable<T>,
  work: (one: T) => Promise<unknown>,
  atATime = 8,
): Promise<void> {
  const waiting = each(list);
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      // Whoever leaves this loop by an error ends the list for the others too.
      for await (const one of waiting) await work(one);
    }),
  );
}

/** The same as one generator, which hands each piece to one of those who ask. */
async function* each<T>(list: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, undefined> {
  yield* list;
}
