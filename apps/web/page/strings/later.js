// What the page says, with what only sheets say that few open first: the settings, the help, the account, trash and
// activity, a task's form. It comes with them, in the person's language.

import { strings as always } from "./index.js";
import { language } from "./locale.js";

const load = { en: () => import("./en/later.js"), de: () => import("./de/later.js") }[language];

export const strings = { ...always, ...(await load()).later };
