// How a task repeats, in words: "Every second week on Tuesday".

import { strings } from "../strings/index.js";
import { DAYS, readPattern, WORKDAYS } from "./repeat-rule.js";
import { addDays, formatter } from "./zones.js";

/** @import { Repeat } from "./repeat-rule.js" */

const MONDAY = "2024-01-01";
const words = strings.repeats;

/**
 * The days of the week as the server names them, with their names and the short ones.
 *
 * @type {[string, string, string][]}
 */
export const WEEKDAYS = DAYS.map((day, at) => {
  const noon = new Date(`${addDays(MONDAY, at)}T12:00Z`);
  const name = (/** @type {"long" | "short"} */ weekday) => formatter("UTC", { weekday }).format(noon);
  return [day, name("long"), name("short")];
});

/**
 * A pattern in words; one that there are no words for as it is, "" for none.
 *
 * @param {string | null | undefined} pattern
 * @param {string} [date] one that it gives, by which a pattern goes that names none
 */
export function patternLabel(pattern, date = "") {
  if (!pattern) return "";
  const repeat = readPattern(pattern);
  return repeat ? repeatWords(dated(repeat, date)) : ruleText(pattern);
}

/**
 * Which months or years a pattern skips, as it follows a sentence; "" for none.
 *
 * @param {string} pattern
 * @param {string} date one that it gives
 */
export function skippedBy(pattern, date) {
  const repeat = readPattern(pattern);
  return repeat ? skipped(dated(repeat, date)) : "";
}

/**
 * A repeat that goes by a day which not every month or year has, with that day.
 *
 * @param {Repeat} repeat
 * @param {string} date
 */
function dated(repeat, date) {
  const [, month, day] = date.split("-").map(Number);
  if (!repeat.exact || repeat.dates.length + repeat.nth.length > 0 || !(day > 28)) return repeat;
  return { ...repeat, dates: [day], month: repeat.unit === "year" ? month : 0 };
}

/** @param {Repeat} repeat */
function skipped({ unit, dates, month, nth, exact }) {
  if (!exact || dates.length + nth.length === 0) return "";
  if (unit === "month") return words.skipping.month;
  if (nth.length > 0) return words.skipping.year;
  return month === 2 ? words.leapYears : "";
}

/**
 * A rule as experts write it.
 *
 * @param {string} pattern
 */
export function ruleText(pattern) {
  return pattern.trim().replace(/^RRULE\s*:\s*/i, "");
}

/** @param {Repeat} repeat */
export function repeatWords(repeat) {
  let text = onWhich(repeat) + skipped(repeat);
  if (repeat.times !== null) text = words.times(text, repeat.times);
  if (repeat.until) text = words.until(text, dateWords(repeat.until));
  return text;
}

/** @param {Repeat} repeat */
function onWhich({ unit, every, days, dates, nth, month, exact }) {
  const each = words.every[unit](every);
  if (unit === "week") return weekWords(each, every, days);
  if (dates.length > 0 && month > 0) return words.onDate(each, dayOfYear(month, dates[0]));
  if (dates.length > 0) return words.onDates(each, dates.map(exact ? exactDate : dateOfMonth));
  if (nth.length === 0) return each;
  const named = isEqual(days, WORKDAYS) ? words.workday : fullName(days[0]);
  const which = nth.map((one) => words.nth[Math.max(one, 0)]);
  return month > 0 ? words.onNthOf(each, which, named, monthName(month)) : words.onNth(each, which, named);
}

/**
 * @param {string} each
 * @param {number} every
 * @param {string[]} days
 */
function weekWords(each, every, days) {
  if (days.length === 0) return each;
  const named = days.map(nameIn(days));
  if (isEqual(days, WORKDAYS)) return every === 1 ? words.everyWorkday : words.onWorkdays(each);
  return every === 1 ? words.everyOf(named) : words.onDays(each, named);
}

/**
 * One day is called by its whole name, several by their short ones.
 *
 * @param {string[]} days
 */
function nameIn(days) {
  return days.length === 1 ? fullName : (/** @type {string} */ day) => WEEKDAYS[DAYS.indexOf(day)][2];
}

/** @param {string} day */
export function fullName(day) {
  return WEEKDAYS[DAYS.indexOf(day)][1];
}

/** @param {number} date of a month, -1 for its last */
export function dateOfMonth(date) {
  return date > 28 ? words.orLastDay(words.date(date)) : exactDate(date);
}

/** @param {number} date of a month, -1 for its last */
function exactDate(date) {
  return date < 0 ? words.lastDay : words.date(date);
}

/** @param {number} month @param {number} date */
function dayOfYear(month, date) {
  if (date < 0) return words.lastDayOf(monthName(month));
  return formatter("UTC", { day: "numeric", month: "long" }).format(new Date(Date.UTC(2024, month - 1, date, 12)));
}

/** @param {number} month */
function monthName(month) {
  return formatter("UTC", { month: "long" }).format(new Date(Date.UTC(2024, month - 1, 15, 12)));
}

/** @param {string} date */
function dateWords(date) {
  return formatter("UTC", { day: "numeric", month: "short", year: "numeric" }).format(new Date(`${date}T12:00Z`));
}

/** @param {string[]} one @param {string[]} other */
function isEqual(one, other) {
  return one.join() === other.join();
}
