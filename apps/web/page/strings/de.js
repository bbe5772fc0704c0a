// What the page says in German: the same strings as in English, in a friendly tone (du).

import { doing } from "./de/doing.js";
import { entrance } from "./de/entrance.js";
import { errors } from "./de/errors.js";
import { line } from "./de/line.js";
import { offline } from "./de/offline.js";
import { page } from "./de/page.js";
import { task } from "./de/task.js";
import { time } from "./de/time.js";

/** @type {import("./en.js").Strings} */
export const strings = {
  ...time,
  ...page,
  ...offline,
  ...line,
  ...doing,
  ...task,
  ...entrance,
  errors,
};
