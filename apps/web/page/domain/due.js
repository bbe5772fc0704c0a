// When a task is due: as it is entered, as the server is told, where it belongs in the list, in words.

import { strings } from "../strings/index.js";
import { dateLabel, timeLabel } from "./labels.js";
import { instantOf, today, wallTime } from "./zones.js";

/** @typedef {import("../../types/chat-api.js").TaskView} Task */
/** @typedef {import("./zones.js").Wall} Wall */
/** @typedef {"overdue" | "today" | "upcoming" | "none" | "done"} Section Where a task belongs. */
/** @typedef {Pick<Task, "due_date" | "due_all_day">} Due When a task is due, or a reminder's is. */

/** @type {WeakMap<Due, Wall & {zone: string, at: number}>} */
const known = new WeakMap();

/**
 * What is asked of a task's due date again and again for a whole list: worked out once per task and zone. `time` is ""
 * when all day; null where it has no due date.
 *
 * @param {Due} task
 * @param {string} zone
 */
export function dueFields(task, zone) {
  if (!task.due_date) return null;
  let found = known.get(task);
  if (found?.zone === zone) return found;
  if (task.due_all_day) {
    const date = task.due_date.slice(0, 10);
    found = { zone, date, time: "", at: beginning(date, zone) };
  } else {
    const at = Date.parse(task.due_date);
    found = { zone, ...wallTime(at, zone), at };
  }
  known.set(task, found);
  return found;
}

/** @type {Map<string, number>} */
const beginnings = new Map();

/**
 * The instant at which a day begins, in milliseconds: many tasks are due on the same few days.
 *
 * @param {string} date
 * @param {string} zone
 */
function beginning(date, zone) {
  const key = `${date} ${zone}`;
  let found = beginnings.get(key);
  if (found === undefined) {
    found = instantOf(date, "00:00", zone).getTime();
    beginnings.set(key, found);
  }
  return found;
}

/**
 * What the server is sent for a date and an optional time: a date alone means all day, else an instant.
 *
 * @param {string} date
 * @param {string} time
 * @param {string} zone
 */
export function dueValue(date, time, zone) {
  if (!date) return null;
  return time ? instantOf(date, time, zone).toISOString().replace(".000Z", "Z") : date;
}

/**
 * Where a task belongs.
 *
 * @param {Task} task
 * @param {number} now
 * @param {string} zone
 * @returns {Section}
 */
export function sectionOf(task, now, zone) {
  if (task.completed) return "done";
  const due = dueFields(task, zone);
  if (!due) return "none";
  const present = today(now, zone);
  const { date, at } = due;
  if (!task.due_all_day && at <= now) return "overdue";
  if (date < present) return "overdue";
  return date === present ? "today" : "upcoming";
}

/**
 * A number that sorts tasks by when they are due; those of a whole day come before that day's times.
 *
 * @param {Due} task
 * @param {string} zone
 */
export function dueOrder(task, zone) {
  return dueFields(task, zone)?.at ?? Number.POSITIVE_INFINITY;
}

/**
 * When a task is due in words: "Today, 14:00"; "" where it has no due date.
 *
 * @param {Due} task
 * @param {number} now
 * @param {string} zone
 */
export function dueLabel(task, now, zone) {
  const due = dueFields(task, zone);
  if (!due) return "";
  const day = dateLabel(due.date, today(now, zone));
  return task.due_all_day ? day : strings.dates.at(day, timeLabel(new Date(due.at), zone));
}
