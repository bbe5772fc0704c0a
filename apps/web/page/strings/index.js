// What the page says, in the person's language. Only that language is loaded, before anything is drawn.

import { language } from "./locale.js";

/** @typedef {import("./en.js").Strings} Strings */

const load = { en: () => import("./en.js"), de: () => import("./de.js") }[language];

document.documentElement.lang = language;

/** @type {{strings: Strings}} */
export const { strings } = await load();
