// What people wrote: its links can be followed. Everything stays text, and only addresses of the web become links.

import { h } from "../../dom.js";

const ADDRESS = /\bhttps?:\/\/[^\s<>"“”„]+/giu;
// What ends a sentence, or closes a bracket that was opened before the address, is no part of it.
const TRAILING = /[.,;:!?'’)\]}…]+$/u;
const LONGEST = 2_000;

/**
 * A link to where it leads, in a tab of its own that learns nothing of this one; null for what is no address of the web.
 *
 * @param {string} address
 * @param {string} [words]
 */
export function link(address, words = address) {
  const url = address.length <= LONGEST && URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") return null;
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, words);
}

/**
 * The addresses in a text, as they are written.
 *
 * @param {string} text
 */
export function addressesIn(text) {
  return [...text.matchAll(ADDRESS)].map(([found]) => found.replace(TRAILING, ""));
}

/**
 * A text with its addresses as links.
 *
 * @param {string} text
 */
export function linked(text) {
  /** @type {(Node | string)[]} */
  const parts = [];
  let at = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = found.replace(TRAILING, "");
    const node = link(address);
    if (!node) continue;
    parts.push(text.slice(at, index), node);
    at = index + address.length;
  }
  return [...parts, text.slice(at)];
}

/**
 * Links to the addresses in a title, by the names of the places: a title itself is a button.
 *
 * @param {string} title
 */
export function linksOf(title) {
  return addressesIn(title).flatMap((address) =>
    URL.canParse(address) ? (link(address, new URL(address).host) ?? []) : [],
  );
}
