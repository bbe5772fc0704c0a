// What this browser keeps for itself; a browser that keeps nothing (private windows) just uses the defaults.

const PREFIX = "taskflow.";

/** @typedef {"known" | "keys" | "desktop" | "zone-kept" | "language" | "offline" | `drafts.${string}`} Kept */

/**
 * The kept value, or null.
 *
 * @param {Kept} name
 */
export function get(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/**
 * Keeps a text.
 *
 * @param {Kept} name
 * @param {string} value
 */
export function set(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/**
 * Keeps it no longer.
 *
 * @param {Kept} name
 */
export function remove(name) {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}
