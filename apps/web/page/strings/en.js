// What the page says in English. Every other language has the same strings.

import { doing } from "./en/doing.js";
import { entrance } from "./en/entrance.js";
import { errors } from "./en/errors.js";
import { line } from "./en/line.js";
import { offline } from "./en/offline.js";
import { page } from "./en/page.js";
import { task } from "./en/task.js";
import { time } from "./en/time.js";

/** @typedef {typeof strings} Strings */

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
