// Times, dates, lengths of time and repeats, in English.

import { listed, pluralsOf } from "../locale.js";

const plural = pluralsOf("en");

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
    kinds: {
      none: "Does not repeat",
      daily: "Every day",
      weekly: "Every week",
      monthly: "Every month",
      yearly: "Every year",
      days: "Every few days",
      custom: "Custom rule (RRULE)",
    },
    everyDay: "Every day",
    everyWeekday: "Every weekday",
    everyWeek: "Every week",
    on: (/** @type {string[]} */ days) => `Every ${listed(days)}`,
    everyMonth: "Every month",
    everyMonthOn: (/** @type {number} */ day) => `Every month on day ${day}`,
    everyMonthOnLast: "Every month on the last day",
    everyYear: "Every year",
    everyDays: (/** @type {number} */ count) => `Every ${count} days`,
    custom: "Custom repeat",
  },
};
