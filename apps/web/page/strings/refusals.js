// Why the server refuses what it is asked, in the person's language; loaded when it first does, and told at once then.

import { language } from "./locale.js";

/** @typedef {typeof import("./en/refusals.js").refusals} Refusals */

const load = { en: () => import("./en/refusals.js"), de: () => import("./de/refusals.js") }[language];

/** @type {Refusals | null} */
let known = null;

/** The words; null where they do not come. They are kept then, for `refusals`. */
export async function loadRefusals() {
  try {
    known ??= (await load()).refusals;
  } catch (error) {
    // A file that does not come: then the server's own words are shown.
    if (!(error instanceof TypeError)) throw error;
  }
  return known;
}

/** The words, where they have been loaded. */
export function refusals() {
  return known;
}
