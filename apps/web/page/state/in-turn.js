// Work on many things, some at a time, so that neither this page nor the server is swamped.

const AT_ONCE = 4;

/**
 * Calls `work` for each item, in their order; settles when all are done. What one raises ends the rest.
 *
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item, at: number) => Promise<unknown>} work
 * @param {number} [atOnce]
 */
export async function inTurn(items, work, atOnce = AT_ONCE) {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const at = next;
      next += 1;
      await work(items[at], at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
