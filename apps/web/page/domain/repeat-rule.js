// A repeat pattern taken apart, as far as the page has words and fields for it. The server alone says which dates it has.

/** @typedef {"day" | "week" | "month" | "year"} Unit */

/**
 * @typedef {object} Repeat What a pattern says.
 * @property {Unit} unit
 * @property {number} every so many of them
 * @property {string[]} days of the week, as in "MON", in order; none: the one it began on
 * @property {number[]} dates days of the month, -1 for its last
 * @property {number[]} nth of the month's `days`, -1 for the last
 * @property {number} month of the year, 0 for the one it began in
 * @property {boolean} exact a month without such a day is skipped; else its last day is meant
 * @property {number | null} times
 * @property {string} until its last day, "" for none
 */

/** The days of the week as the server names them. */
export const DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
export const WORKDAYS = DAYS.slice(0, 5);

/** @type {Record<string, Unit>} */
const UNITS = { DAILY: "day", WEEKLY: "week", MONTHLY: "month", YEARLY: "year" };
const PARTS = new Set(["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"]);
/** How a day is written that shorter months have on their last one. */
const MONTH_ENDS = new Map([
  ["28,29", 29],
  ["28,29,30", 30],
  ["28,29,30,31", -1],
]);
/** How many days each month has at most. */
const LONGEST = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** @type {Repeat} */
const PLAIN = { unit: "day", every: 1, days: [], dates: [], nth: [], month: 0, exact: false, times: null, until: "" };

/**
 * What a pattern says; null for one that says more than a Repeat can, or that is none.
 *
 * @param {string | null | undefined} pattern
 * @returns {Repeat | null}
 */
export function readPattern(pattern) {
  const written = (pattern ?? "").trim().toUpperCase();
  if (/^(RRULE\b|FREQ=)/.test(written)) return readRule(written.replace(/^RRULE\s*:?\s*/, ""));
  const [name, value = ""] = written.split(":").map((side) => side.trim());
  if (name === "DAILY") return value ? null : PLAIN;
  if (name === "WEEKLY") return readDays(value);
  if (name === "MONTHLY") return readDate(value);
  return name === "CUSTOM" ? readInterval(value) : null;
}

/**
 * @param {string} value
 * @returns {Repeat | null}
 */
function readDate(value) {
  const date = Number(value);
  if (value && !(/^\d{1,2}$/.test(value) && date >= 1 && date <= 31)) return null;
  return { ...PLAIN, unit: "month", dates: value ? [date === 31 ? -1 : date] : [] };
}

/**
 * @param {string} value
 * @returns {Repeat | null}
 */
function readInterval(value) {
  const match = /^(\d{1,4}) *([DW])$/.exec(value);
  if (!match || Number(match[1]) === 0) return null;
  return { ...PLAIN, unit: match[2] === "W" ? "week" : "day", every: Number(match[1]) };
}

/** @param {string} value */
function readDays(value) {
  const named = value ? value.split(",").map((day) => DAYS.find((one) => day.trim().startsWith(one.slice(0, 2)))) : [];
  if (named.some((day) => day === undefined)) return null;
  return weekly(DAYS.filter((day) => named.includes(day)));
}

/**
 * @param {string[]} days
 * @returns {Repeat}
 */
function weekly(days, every = 1) {
  return days.length === 7 && every === 1 ? PLAIN : { ...PLAIN, unit: "week", every, days };
}

/** @typedef {{unit: Unit, every: number, days: [number, string][], dates: number[], months: number[], at: number[], weekStart: string}} Parts */

/**
 * @param {string} rule
 * @returns {Repeat | null}
 */
function readRule(rule) {
  const values = new Map(
    rule.split(";").map((part) => /** @type {[string, string]} */ (part.split("=").map((side) => side.trim()))),
  );
  const unit = UNITS[values.get("FREQ") ?? ""];
  if (!unit || [...values.keys()].some((name) => !PARTS.has(name))) return null;
  /** @param {string} name */
  const list = (name) => values.get(name)?.split(",") ?? [];
  /** @param {string} name */
  const numbers = (name) => list(name).map(Number).sort(inOrder);
  const days = list("BYDAY").map(readDay);
  const end = readEnd(values);
  const every = Number(values.get("INTERVAL") ?? 1);
  const dates = numbers("BYMONTHDAY");
  const months = numbers("BYMONTH");
  const at = numbers("BYSETPOS");
  if (!end || days.includes(null) || ![every, ...dates, ...months, ...at].every(Number.isInteger)) return null;
  if (every < 1) return null;
  const known = /** @type {[number, string][]} */ (days);
  const parts = { unit, every, days: known, dates, months, at, weekStart: values.get("WKST") ?? "MO" };
  const found = READERS[unit](parts);
  return found && { ...found, ...end };
}

/**
 * @param {string} text such as "-1FR"
 * @returns {[number, string] | null}
 */
function readDay(text) {
  const match = /^\s*([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)\s*$/.exec(text);
  const day = match && DAYS.find((one) => one.startsWith(match[2]));
  return day ? [Number(match?.[1] ?? 0), day] : null;
}

/** @param {Map<string, string>} values */
function readEnd(values) {
  const until = values.get("UNTIL");
  const count = values.get("COUNT");
  if (until !== undefined && !/^\d{8}$/.test(until)) return null;
  return {
    times: count === undefined ? null : Number(count),
    until: until ? `${until.slice(0, 4)}-${until.slice(4, 6)}-${until.slice(6)}` : "",
  };
}

/** @type {Record<Unit, (parts: Parts) => Repeat | null>} */
const READERS = { day: readDaily, week: readWeekly, month: readMonthly, year: readYearly };

/** @param {Parts} parts */
function readDaily({ every, days, dates, months, at }) {
  if (dates.length || months.length || at.length || days.some(([nth]) => nth)) return null;
  if (days.length === 0) return { ...PLAIN, every };
  return every === 1 ? weekly(inWeek(days)) : null;
}

/** @param {Parts} parts */
function readWeekly({ every, days, dates, months, at, weekStart }) {
  if (dates.length || months.length || at.length || days.some(([nth]) => nth)) return null;
  // Which weeks are counted depends on where they begin.
  if (weekStart !== "MO" && every > 1) return null;
  return weekly(inWeek(days), every);
}

/** @param {Parts} parts */
function readMonthly({ every, days, dates, months, at }) {
  if (months.length) return months.length === 1 && every === 1 ? within(months[0], ofMonth(days, dates, at)) : null;
  const plain = days.length > 0 && days.every(([nth]) => nth === 0);
  if (plain && dates.length + at.length === 0) return every === 1 ? weekly(inWeek(days)) : null;
  const isOpen = days.length + dates.length + at.length === 0;
  const of = isOpen ? { exact: true } : ofMonth(days, dates, at);
  return of && { ...PLAIN, unit: /** @type {Unit} */ ("month"), every, ...of };
}

/** @param {Parts} parts */
function readYearly({ every, days, dates, months, at }) {
  if (months.length + days.length + dates.length + at.length === 0)
    return { ...PLAIN, unit: /** @type {Unit} */ ("year"), every, exact: true };
  if (months.length !== 1 || days.length + dates.length === 0) return null;
  const found = within(months[0], ofMonth(days, dates, at));
  return found && { ...found, every };
}

/**
 * Days of one month of each year; of several it would be a list.
 *
 * @param {number} month
 * @param {Which | null} of
 * @returns {Repeat | null}
 */
function within(month, of) {
  if (!of || of.dates.length + of.nth.length !== 1 || month < 1 || month > 12) return null;
  if (of.dates.some((date) => date > LONGEST[month - 1])) return null;
  const isEnd = month === 2 && !of.exact && of.dates[0] === 29;
  return { ...PLAIN, unit: "year", month, ...of, ...(isEnd && { dates: [-1] }) };
}

/** @typedef {Pick<Repeat, "days" | "dates" | "nth" | "exact">} Which */

/**
 * Which days of a month are meant; null where there are no words for them.
 *
 * @param {[number, string][]} days
 * @param {number[]} dates
 * @param {number[]} at positions among all of them
 * @returns {Which | null}
 */
function ofMonth(days, dates, at) {
  if (dates.length === 0) return days.length > 0 ? nthOfMonth(days, at) : null;
  if (days.length > 0) return null;
  const end = MONTH_ENDS.get(dates.join());
  if (at.length > 0)
    return end !== undefined && at.join() === "-1" ? { days: [], dates: [end], nth: [], exact: false } : null;
  if (dates.some((date) => date !== -1 && (date < 1 || date > 31))) return null;
  const exact = dates.some((date) => date > 28);
  return {
    days: [],
    dates: [...dates.filter((date) => date > 0), ...dates.filter((date) => date < 0)],
    nth: [],
    exact,
  };
}

/**
 * @param {[number, string][]} days
 * @param {number[]} at positions among all of them
 */
function nthOfMonth(days, at) {
  const named = inWeek(days);
  const counted = [...new Set(days.map(([nth]) => nth))];
  const nth = (at.length > 0 ? at : counted).sort((one, other) => (one < 0 ? 9 : one) - (other < 0 ? 9 : other));
  if (!nth.every((one) => one === -1 || (one >= 1 && one <= 5))) return null;
  const isOne = named.length === 1;
  const which = { days: named, dates: [], nth, exact: nth.includes(5) };
  if (at.length === 0) return isOne ? which : null;
  const isOneOfAll = counted.join() === "0" && at.length === 1 && (isOne || named.join() === WORKDAYS.join());
  return isOneOfAll ? which : null;
}

/** @param {[number, string][]} days */
function inWeek(days) {
  return DAYS.filter((day) => days.some(([, one]) => one === day));
}

/** @param {number} one @param {number} other */
function inOrder(one, other) {
  return one - other;
}
