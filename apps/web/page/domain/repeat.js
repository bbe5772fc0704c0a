// Repeat patterns as people choose them: between a form's fields, the server's text and words.

/** @typedef {"" | "daily" | "weekly" | "monthly" | "yearly" | "days" | "custom"} Kind How a task repeats; "" not at all. */

/**
 * @typedef {object} Choice A pattern taken apart; what its kind does not use is left at a default.
 * @property {Kind} kind
 * @property {string[]} days of the week, as in "MON"
 * @property {number | null} day of the month
 * @property {number} every so many days
 * @property {string} rule RFC 5545's
 */

/** @type {[string, string][]} */
export const WEEKDAYS = [
  ["MON", "Monday"],
  ["TUE", "Tuesday"],
  ["WED", "Wednesday"],
  ["THU", "Thursday"],
  ["FRI", "Friday"],
  ["SAT", "Saturday"],
  ["SUN", "Sunday"],
];

/** @type {[Kind, string][]} */
export const KINDS = [
  ["", "Does not repeat"],
  ["daily", "Every day"],
  ["weekly", "Every week"],
  ["monthly", "Every month"],
  ["yearly", "Every year"],
  ["days", "Every few days"],
  ["custom", "Custom rule (RRULE)"],
];

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
      return "Every day";
    case "weekly":
      return choice.days.length > 0 ? `Every ${listOfDays(choice.days)}` : "Every week";
    case "monthly":
      return choice.day === 31
        ? "Every month on the last day"
        : choice.day
          ? `Every month on day ${choice.day}`
          : "Every month";
    case "yearly":
      return "Every year";
    case "days":
      return choice.every === 1 ? "Every day" : `Every ${choice.every} days`;
    case "custom":
      return "Custom repeat";
    default:
      return "";
  }
}

/** @param {string[]} days */
function listOfDays(days) {
  const known = WEEKDAYS.filter(([day]) => days.includes(day));
  if (known.length === 7) return "day";
  if (known.map(([day]) => day).join() === "MON,TUE,WED,THU,FRI") return "weekday";
  const names = known.length === 1 ? [known[0][1]] : known.map(([, name]) => name.slice(0, 3));
  return names.length < 2 ? (names[0] ?? "week") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
