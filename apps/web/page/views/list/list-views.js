// What the list can show: everything, today, what comes, or this week by its days.

import { h } from "../../dom.js";
import { dueFields, sectionOf } from "../../domain/due.js";
import { shortDate } from "../../domain/labels.js";
import { addDays, daysBetween, today } from "../../domain/zones.js";
import { strings } from "../../strings/index.js";
import { firstDayOfWeek } from "../../strings/locale.js";

/**
 * @import { Section } from "../../domain/due.js"
 * @import { Task } from "../../state/tasks.js"
 */

/** @typedef {"all" | "today" | "upcoming" | "week"} View */
/** @typedef {{name: string, label: string}} Part A section that a view has: by the name of one, or a day's date. */

const words = strings.list;
/** @type {Record<Exclude<View, "week">, Section[]>} */
const SHOWN = {
  all: ["overdue", "today", "upcoming", "none", "done"],
  today: ["overdue", "today"],
  upcoming: ["upcoming"],
};

/** @type {[View, string, string][]} with their addresses */
const VIEWS = [
  ["all", "/", strings.views.all],
  ["today", "/today", strings.views.today],
  ["upcoming", "/upcoming", strings.views.upcoming],
  ["week", "/week", strings.views.week],
];

/**
 * The view that an address is; null for those of sheets and of the chat.
 *
 * @param {string} path
 */
export function viewAt(path) {
  return VIEWS.find(([name, address]) => path === address || path === `/${name}`)?.[0] ?? null;
}

/** The views with their addresses and what they are called. */
export function allViews() {
  return VIEWS.map(([name, address, label]) => ({ name, address, label }));
}

/**
 * The seven dates of the week that a date lies in.
 *
 * @param {string} date
 * @param {number} first day of the week: 1 for Monday to 7 for Sunday
 */
export function weekOf(date, first = firstDayOfWeek()) {
  const weekday = ((new Date(`${date}T12:00Z`).getUTCDay() + 6) % 7) + 1;
  const begin = addDays(date, -((weekday - first + 7) % 7));
  return Array.from({ length: 7 }, (_, at) => addDays(begin, at));
}

/**
 * The sections of a view.
 *
 * @param {View} view
 * @param {string} present today's date
 * @returns {Part[]}
 */
export function partsOf(view, present) {
  if (view !== "week") return SHOWN[view].map((name) => ({ name, label: words[name] }));
  const days = weekOf(present).map((date) => ({ name: date, label: dayLabel(date, present) }));
  return [{ name: "overdue", label: words.overdue }, ...days];
}

/**
 * @param {string} date
 * @param {string} present
 */
function dayLabel(date, present) {
  const day = shortDate(date, present);
  const { today, tomorrow } = strings.dates;
  const named = [today, tomorrow][daysBetween(present, date)];
  return named ? `${named} · ${day}` : day;
}

/**
 * The name of the section that a task belongs to in a view; one that the view does not have where it is not shown.
 *
 * @param {View} view
 * @param {Task} task
 * @param {number} now
 * @param {string} zone
 */
export function partOf(view, task, now, zone) {
  const section = sectionOf(task, now, zone);
  if (view !== "week" || section === "done" || section === "none") return section;
  const date = dueFields(task, zone)?.date ?? "";
  return section === "overdue" && date < today(now, zone) ? "overdue" : date;
}

/** Links to the views; `show(view)` marks the one that is shown. */
export function viewLinks() {
  const links = VIEWS.map(([name, address, label]) => ({ name, node: h("a", { href: `#${address}` }, label) }));
  const node = h(
    "nav",
    { class: "views", "aria-label": strings.views.label },
    links.map((one) => one.node),
  );
  return {
    node,

    /** @param {View} view */
    show(view) {
      for (const one of links) {
        if (one.name === view) one.node.setAttribute("aria-current", "page");
        else one.node.removeAttribute("aria-current");
      }
    },
  };
}
