// Repeat patterns as people choose them: between a form's fields, the server's text and words.

import { strings } from "../strings/index.js";
import { firstDayOfWeek } from "../strings/locale.js";
import { addDays, formatter } from "./zones.js";

/** @typedef {"" | "daily" | "weekly" | "monthly" | "yearly" | "days" | "custom"} Kind How a task repeats; "" not at all. */

/**
 * @typedef {object} Choice A pattern taken apart; what its kind does not use is left at a default.
 * @property {Kind} kind
 * @property {string[]} days of the week, as in "MON"
 * @property {number | null} day of the month
 * @property {number} every so many days
 * @property {string} rule RFC 5545's
 */

const MONDAY = "2024-01-01";

/**
 * The days of the week as the server names them, with their names and the short ones.
 *
 * @type {[string, string, string][]}
 */
export const WEEKDAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"].map((day, at) => {
  const noon = new Date(`${addDays(MONDAY, at)}T12:00Z`);
  const name = (/** @type {"long" | "short"} */ weekday) => formatter("UTC", { weekday }).format(noon);
  return [day, name("long"), name("short")];
});

/** @type {[Kind, string][]} */
export const KINDS = [
  ["", strings.repeats.kinds.none],
  ["daily", strings.repeats.kinds.daily],
  ["weekly", strings.repeats.kinds.weekly],
  ["monthly", strings.repeats.kinds.monthly],
  ["yearly", strings.repeats.kinds.yearly],
  ["days", strings.repeats.kinds.days],
  ["custom", strings.repeats.kinds.custom],
];

/** The same in the order of the person's weeks. */
export function weekdaysInOrder(first = firstDayOfWeek()) {
  return [...WEEKDAYS.slice(first - 1), ...WEEKDAYS.slice(0, first - 1)];
}

const words = strings.repeats;
const YEARLY = "RRULE:FREQ=YEARLY";

/**
 * The day of the week of a date, as in "MON".
 *
 * @param {string} date
 */
export function weekdayOf(date) {
  return WEEKDAYS[(new Date(`${date}T12:00Z`).getUTCDay() + 6) % 7][0];
}

/**
 * A pattern taken apart.
 *
 * @param {string | null | undefined} pattern
 * @returns {Choice}
 */
export function parsePattern(pattern) {
  /** @type {Choice} */
  const choice = { kind: "", days: [], day: null, every: 2, rule: "" };
  if (!pattern) return choice;
  const [name, ...rest] = pattern.split(":");
  const value = rest.join(":").trim();
  const kind = name.trim().toLowerCase();
  if (kind === "daily") return { ...choice, kind: "daily" };
  if (kind === "weekly")
    return {
      ...choice,
      kind: "weekly",
      days: value
        .toUpperCase()
        .split(",")
        .map((day) => day.trim())
        .filter(Boolean),
    };
  if (kind === "monthly") return { ...choice, kind: "monthly", day: Number.parseInt(value, 10) || null };
  const days = /^(\d+)\s*d$/i.exec(value);
  if (kind === "custom" && days) return { ...choice, kind: "days", every: Number(days[1]) };
  if (pattern.trim().toUpperCase() === YEARLY) return { ...choice, kind: "yearly" };
  return { ...choice, kind: "custom", rule: pattern };
}

/**
 * The server's text for a choice, or null where it does not repeat. `date` fills in what was left open.
 *
 * @param {Choice} choice
 * @param {string} date
 */
export function formatPattern(choice, date) {
  switch (choice.kind) {
    case "daily":
      return "daily";
    case "weekly": {
      const chosen = choice.days.length > 0 ? choice.days : date ? [weekdayOf(date)] : [];
      return `weekly:${WEEKDAYS.map(([day]) => day)
        .filter((day) => chosen.includes(day))
        .join(",")}`;
    }
    case "monthly":
      return `monthly:${choice.day ?? (date ? Number(date.slice(8, 10)) : 1)}`;
    case "yearly":
      return YEARLY;
    case "days":
      return `custom:${choice.every}d`;
    case "custom": {
      const rule = choice.rule.trim();
      return /^(RRULE:|[a-z]+(:|$))/i.test(rule) ? rule : `RRULE:${rule}`;
    }
    default:
      return null;
  }
}

/**
 * A pattern in words: "Every week on Mon and Wed".
 *
 * @param {string | null | undefined} pattern
 */
export function patternLabel(pattern) {
  const choice = parsePattern(pattern);
  switch (choice.kind) {
    case "daily":
      return words.everyDay;
    case "weekly":
      return weeklyLabel(choice.days);
    case "monthly":
      if (choice.day === 31) return words.everyMonthOnLast;
      return choice.day ? words.everyMonthOn(choice.day) : words.everyMonth;
    case "yearly":
      return words.everyYear;
    case "days":
      return choice.every === 1 ? words.everyDay : words.everyDays(choice.every);
    case "custom":
      return words.custom;
    default:
      return "";
  }
}

/** @param {string[]} days */
function weeklyLabel(days) {
  const known = WEEKDAYS.filter(([day]) => days.includes(day));
  if (known.length === 0) return words.everyWeek;
  if (known.length === 7) return words.everyDay;
  if (known.map(([day]) => day).join() === "MON,TUE,WED,THU,FRI") return words.everyWeekday;
  return words.on(known.length === 1 ? [known[0][1]] : known.map(([, , short]) => short));
}
