// What the tabs of this browser tell one another. Where it has no way for that, or refuses it (Firefox without cookies),
// each tab stands alone.

/** @typedef {{tell: (message: unknown) => void, close: () => void}} Channel */

/**
 * A way to the tabs that open one of the same name; null where there is none.
 *
 * @param {string} name
 * @param {(message: any) => void} heard gets what they tell
 * @returns {Channel | null}
 */
export function openChannel(name, heard) {
  try {
    const channel = new BroadcastChannel(name);
    channel.addEventListener("message", ({ data }) => heard(data));
    return { tell: (message) => channel.postMessage(message), close: () => channel.close() };
  } catch (error) {
    if (!(error instanceof DOMException || error instanceof ReferenceError)) throw error;
    return null;
  }
}
