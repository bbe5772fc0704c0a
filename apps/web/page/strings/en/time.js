// Times, dates, lengths of time and repeats, in English.

import { listed, number, pluralsOf } from "../locale.js";

const plural = pluralsOf("en");
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
/** @type {Record<string, string>} */
const ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };

/**
 * How often, by number.
 *
 * @param {string} one
 * @param {string} two
 * @param {string} units
 */
const each = (one, two, units) => (/** @type {number} */ count) =>
  [one, two][count - 1] ?? `Every ${number(count)} ${units}`;

export const time = {
  dates: {
    yesterday: "Yesterday",
    today: "Today",
    tomorrow: "Tomorrow",
    now: "now",
    /** @param {string} day @param {string} time */
    at: (day, time) => `${day}, ${time}`,
  },
  lengths: {
    second: (/** @type {number} */ count) => plural(count, { one: "second", other: "seconds" }),
    minute: (/** @type {number} */ count) => plural(count, { one: "minute", other: "minutes" }),
    hour: (/** @type {number} */ count) => plural(count, { one: "hour", other: "hours" }),
    day: (/** @type {number} */ count) => plural(count, { one: "day", other: "days" }),
    week: (/** @type {number} */ count) => plural(count, { one: "week", other: "weeks" }),
  },
  offsets: {
    atTheTime: "at the time",
    before: (/** @type {string} */ length) => `${length} before`,
  },
  repeats: {
    /** A label as it reads within a sentence. */
    within: (/** @type {string} */ label) => label.charAt(0).toLocaleLowerCase("en") + label.slice(1),
    every: {
      day: each("Every day", "Every second day", "days"),
      week: each("Every week", "Every second week", "weeks"),
      month: each("Every month", "Every second month", "months"),
      year: each("Every year", "Every second year", "years"),
    },
    everyOf: (/** @type {string[]} */ days) => `Every ${listed(days)}`,
    everyWorkday: "Every weekday",
    workday: "weekday",
    onWorkdays: (/** @type {string} */ each) => `${each} from Monday to Friday`,
    /** @param {string} each @param {string[]} days */
    onDays: (each, days) => `${each} on ${listed(days)}`,
    date: (/** @type {number} */ day) => `${day}${ENDINGS[ordinals.select(day)]}`,
    lastDay: "last day",
    orLastDay: (/** @type {string} */ date) => `${date} (or the last day)`,
    leapYears: " (leap years only)",
    skipping: { month: " (not in months without that day)", year: " (not in years without that day)" },
    lastDayOf: (/** @type {string} */ month) => `the last day of ${month}`,
    /** @param {string} each @param {string} date such as "24 December" */
    onDate: (each, date) => `${each} on ${date}`,
    /** @param {string} each @param {string[]} dates such as "24th" */
    onDates: (each, dates) => `${each} on the ${listed(dates)}`,
    /** "last" and "first" to "fifth". */
    nth: ["last", "first", "second", "third", "fourth", "fifth"],
    /** @param {string} each @param {string[]} which @param {string} day */
    onNth: (each, which, day) => `${each} on the ${listed(which)} ${day}`,
    /** @param {string} each @param {string[]} which @param {string} day @param {string} month */
    onNthOf: (each, which, day, month) => `${each} on the ${listed(which)} ${day} of ${month}`,
    /** @param {string} text @param {number} count */
    times: (text, count) => `${text}, ${plural(count, { one: "time", other: "times" })}`,
    /** @param {string} text @param {string} date */
    until: (text, date) => `${text}, until ${date}`,
  },
};
