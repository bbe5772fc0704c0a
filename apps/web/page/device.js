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
    if (!isRefused(error)) throw error;
    return null;
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
    if (!isRefused(error)) throw error;
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
    if (!isRefused(error)) throw error;
  }
}

/**
 * Whether the browser keeps nothing: it says so, or has no such object at all.
 *
 * @param {unknown} error
 */
function isRefused(error) {
  return error instanceof DOMException || error instanceof TypeError;
}
