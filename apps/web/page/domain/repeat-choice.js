// How a task repeats as the form has it: presets, "every so many", or a rule; to and from the server's text.

import { DAYS, readPattern, WORKDAYS } from "./repeat-rule.js";
import { ruleText } from "./repeat-words.js";
import { addDays, weekday } from "./zones.js";

/** @import { Repeat, Unit } from "./repeat-rule.js" */

/**
 * @typedef {"" | "daily" | "workdays" | "weekly" | "fortnightly" | "monthly" | "nth" | "last" | "last-day" | "yearly" | "every" | "custom"} Kind
 *   "" not at all; the others up to "yearly" go by the due date alone.
 */
/** @typedef {"date" | "nth" | "last-day"} InMonth Which day of a month. */

/**
 * @typedef {object} Choice What the form's fields hold; what the kind does not use is left at a default.
 * @property {Kind} kind
 * @property {number} every
 * @property {Unit} unit
 * @property {string[]} days of the week, as in "MON"
 * @property {InMonth} inMonth
 * @property {number} date of the month
 * @property {number} nth -1 for the last
 * @property {string} day of the week
 * @property {string} rule as experts write it
 */

/** @type {Kind[]} */
const PRESETS = ["daily", "workdays", "weekly", "fortnightly", "monthly", "nth", "last", "last-day", "yearly"];

/** Those that mean the same whatever the due date. */
const UNDATED = /** @type {Kind[]} */ (["daily", "workdays", "last-day", "yearly"]);

/** The most that the server takes of each. */
export const MOST = { day: 1000, week: 1000, month: 600, year: 50 };

/**
 * The day of the week of a date, as in "MON".
 *
 * @param {string} date
 */
export function weekdayOf(date) {
  return DAYS[weekday(date)];
}

/** @param {string} date */
function dateOf(date) {
  return Number(date.slice(8, 10));
}

/**
 * The how-manieth of its weekday a date is in its month: 1 to 5.
 *
 * @param {string} date
 */
export function nthOf(date) {
  return Math.ceil(dateOf(date) / 7);
}

/**
 * Whether a date is the last of its weekday in its month, or where `days` is 1 its last day.
 *
 * @param {string} date
 */
function isLast(date, days = 7) {
  return addDays(date, days).slice(0, 7) !== date.slice(0, 7);
}

/**
 * The presets that go with a due date; without one all that need none.
 *
 * @param {string} date
 */
export function presetsFor(date) {
  const unfit = new Set();
  if (!date || dateOf(date) === 31) unfit.add("monthly");
  if (!date || nthOf(date) > 4) unfit.add("nth");
  if (!date || !isLast(date)) unfit.add("last");
  return PRESETS.filter((kind) => !unfit.has(kind));
}

/**
 * What the fields begin with where nothing is chosen.
 *
 * @param {string} date
 * @returns {Choice}
 */
export function freshChoice(date) {
  const on = date || "2024-01-01";
  const nth = isLast(on) && nthOf(on) > 4 ? -1 : nthOf(on);
  const day = weekdayOf(on);
  return { kind: "", every: 2, unit: "week", days: [day], inMonth: "date", date: dateOf(on), nth, day, rule: "" };
}

/**
 * The server's text for a choice, "" where it does not repeat.
 *
 * @param {Choice} choice
 * @param {string} date the due date, by which presets go
 */
export function patternOf(choice, date) {
  const on = freshChoice(date);
  switch (choice.kind) {
    case "daily":
      return "daily";
    case "workdays":
      return `weekly:${WORKDAYS.join()}`;
    case "weekly":
      return `weekly:${on.day}`;
    case "fortnightly":
      return everyWeeks(2, [on.day]);
    case "monthly":
      return everyMonths(1, { ...on, inMonth: "date" });
    case "nth":
      return everyMonths(1, { ...on, inMonth: "nth" });
    case "last":
      return everyMonths(1, { ...on, inMonth: "nth", nth: -1 });
    case "last-day":
      return everyMonths(1, { ...on, inMonth: "last-day" });
    case "yearly":
      return "RRULE:FREQ=YEARLY";
    case "every":
      return everySoMany(choice);
    case "custom":
      return customPattern(choice.rule);
    default:
      return "";
  }
}

/** @param {Choice} choice */
function everySoMany(choice) {
  const { every, unit, days } = choice;
  if (unit === "day") return every === 1 ? "daily" : `custom:${every}d`;
  if (unit === "week") return everyWeeks(every, days);
  if (unit === "month") return everyMonths(every, choice);
  return `RRULE:FREQ=YEARLY${interval(every)}`;
}

/**
 * @param {number} every
 * @param {string[]} days
 */
function everyWeeks(every, days) {
  const inOrder = DAYS.filter((day) => days.includes(day));
  if (every === 1) return `weekly:${inOrder.join()}`;
  return `RRULE:FREQ=WEEKLY${interval(every)};BYDAY=${inOrder.map(shortOf).join()}`;
}

/**
 * @param {number} every
 * @param {Choice} choice
 */
function everyMonths(every, { inMonth, date, nth, day }) {
  const rule = `RRULE:FREQ=MONTHLY${interval(every)}`;
  if (inMonth === "nth") return `${rule};BYDAY=${nth}${shortOf(day)}`;
  const on = inMonth === "last-day" ? 31 : date;
  if (every === 1) return `monthly:${on}`;
  if (on === 31) return `${rule};BYMONTHDAY=-1`;
  const upTo = Array.from({ length: Math.max(1, on - 27) }, (_, at) => (on > 28 ? 28 + at : on));
  return `${rule};BYMONTHDAY=${upTo.join()}${on > 28 ? ";BYSETPOS=-1" : ""}`;
}

/** @param {number} every */
function interval(every) {
  return every === 1 ? "" : `;INTERVAL=${every}`;
}

/** @param {string} day as in "MON", which rules write "MO" */
function shortOf(day) {
  return day.slice(0, 2);
}

/** @param {string} written */
function customPattern(written) {
  const rule = written.trim();
  return rule === "" || /^(RRULE\s*:|(daily|weekly|monthly|custom)\b)/i.test(rule) ? rule : `RRULE:${rule}`;
}

/**
 * The choice that shows a pattern: a preset if it is one, a rule if nothing else is.
 *
 * @param {string | null | undefined} pattern
 * @param {string} date the due date, "" for none
 * @param {string} [began] a date that the pattern gives
 * @returns {Choice}
 */
export function choiceOf(pattern, date, began = date) {
  const fresh = freshChoice(date);
  if (!pattern) return fresh;
  const custom = { ...fresh, kind: /** @type {Kind} */ ("custom"), rule: ruleText(pattern) };
  const said = readPattern(pattern);
  if (!said || said.times !== null || said.until) return custom;
  const repeat = begun(said, began);
  const fitting = date ? presetsFor(date) : UNDATED;
  const preset = fitting.find((kind) => isSame(patternOf({ ...fresh, kind }, date), repeat));
  if (preset) return { ...fresh, kind: preset };
  const parts = partsOf(repeat);
  return parts ? { ...fresh, ...parts, kind: "every", every: repeat.every, unit: repeat.unit } : custom;
}

/**
 * A pattern as "every so many", where it is that; else what that begins with.
 *
 * @param {string} pattern
 * @param {string} date the due date
 * @returns {Choice}
 */
export function everyOf(pattern, date) {
  const fresh = { ...freshChoice(date), kind: /** @type {Kind} */ ("every") };
  const said = readPattern(pattern);
  const repeat = said && begun(said, date);
  const parts = repeat && partsOf(repeat);
  return parts ? { ...fresh, ...parts, every: repeat.every, unit: repeat.unit } : fresh;
}

/**
 * A repeat that leaves its day to the date it began on, with that day.
 *
 * @param {Repeat} repeat
 * @param {string} date
 * @returns {Repeat}
 */
function begun(repeat, date) {
  if (!date) return repeat;
  if (repeat.unit === "week" && repeat.days.length === 0) return { ...repeat, days: [weekdayOf(date)] };
  // On the last day of a short month nobody can tell which day it began on.
  const isOpen = repeat.unit === "month" && repeat.dates.length + repeat.nth.length === 0;
  return isOpen && dateOf(date) < 28 ? { ...repeat, dates: [dateOf(date)], exact: false } : repeat;
}

/**
 * @param {string} pattern
 * @param {Repeat} repeat
 */
function isSame(pattern, repeat) {
  return JSON.stringify(readPattern(pattern)) === JSON.stringify(repeat);
}

/**
 * What the fields of "every so many" hold for a repeat; null where they cannot.
 *
 * @param {Repeat} repeat
 * @returns {Partial<Choice> | null}
 */
function partsOf({ unit, days, dates, nth, month, exact }) {
  if (unit === "day") return {};
  if (unit === "week") return days.length > 0 ? { days } : null;
  if (unit === "year") return month === 0 ? {} : null;
  if (dates.length > 0 && exact) return null;
  if (dates.length === 1) return dates[0] < 0 ? { inMonth: "last-day" } : { inMonth: "date", date: dates[0] };
  return nth.length === 1 && days.length === 1 ? { inMonth: "nth", nth: nth[0], day: days[0] } : null;
}
