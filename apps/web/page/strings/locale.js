// Which language the page speaks, and how dates, times and numbers are written in it.

import * as device from "../device.js";

/** @typedef {"en" | "de"} Language */

/** @type {[Language, string][]} each in its own words */
export const LANGUAGES = [
  ["de", "Deutsch"],
  ["en", "English"],
];

/** What the browser says the person reads, the best first. */
const wanted = (navigator.languages ?? [navigator.language]).filter(isTag);

/** @param {string} tag */
function isTag(tag) {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The language chosen on this device; null where the browser's decides. */
export function chosenLanguage() {
  const kept = device.get("language");
  return LANGUAGES.find(([code]) => code === kept)?.[0] ?? null;
}

/**
 * Keeps the choice; null follows the browser. It counts when the page is loaded again.
 *
 * @param {Language | null} language
 */
export function chooseLanguage(language) {
  device.set("language", language ?? "");
}

function spoken() {
  const known = wanted.flatMap((tag) => LANGUAGES.find(([code]) => languageOf(tag) === code)?.[0] ?? []);
  return known[0] ?? "en";
}

/** @param {string} tag such as "de-AT" */
function languageOf(tag) {
  return tag.split("-")[0].toLowerCase();
}

export const language = chosenLanguage() ?? spoken();

/** What tells where the person lives: what they read best, unless they chose a language here. */
const home = chosenLanguage() === null ? wanted[0] : undefined;

/** The language in the person's regional form (12 or 24 hours, order of day and month, how numbers are written). */
export const locale = regional();

/**
 * Most browsers add American English to any language, which says nothing of where somebody lives: it is the form of
 * those alone who live there.
 */
function regional() {
  const forms = wanted.filter((tag) => languageOf(tag) === language);
  const form = home ? forms.find((tag) => regionOf(tag) === regionOf(home)) : forms[0];
  const neutral = { en: "en-GB", de: "de-DE" }[language];
  if (form || !home) return form ?? neutral;
  /** @type {Intl.Locale & {getHourCycles?: () => string[], hourCycles?: string[]}} */
  const about = new Intl.Locale(home);
  const [clock] = about.getHourCycles?.() ?? about.hourCycles ?? [];
  return clock ? `${neutral}-u-hc-${clock}` : neutral;
}

/** @param {string} tag */
function regionOf(tag) {
  return new Intl.Locale(tag).maximize().region;
}

const SUNDAY = 7;
const SUNDAY_FIRST = new Set(["US", "CA", "MX", "BR", "JP", "KR", "TW", "HK", "IL", "IN", "ZA", "PH", "TH", "AU"]);

/** The day that a week begins with where the person lives: 1 for Monday to 7 for Sunday. */
export function firstDayOfWeek(tag = home ?? locale) {
  /** @type {Intl.Locale & {getWeekInfo?: () => {firstDay: number}, weekInfo?: {firstDay: number}}} */
  const about = new Intl.Locale(tag);
  const known = about.getWeekInfo?.() ?? about.weekInfo;
  // Firefox has neither.
  return known?.firstDay ?? (SUNDAY_FIRST.has(regionOf(tag) ?? "") ? SUNDAY : 1);
}

const numbers = new Intl.NumberFormat(locale);
const conjunction = new Intl.ListFormat(locale, { type: "conjunction" });

/**
 * A number as it is written.
 *
 * @param {number} value
 */
export function number(value) {
  return numbers.format(value);
}

/**
 * Several things in a row: "Mon, Wed and Fri".
 *
 * @param {string[]} items
 */
export function listed(items) {
  return conjunction.format(items);
}

/** @typedef {{one: string, other: string}} Forms What is said after the number: "task", "tasks". */

/**
 * A function that puts a number before the form that goes with it: "1 task", "2 tasks".
 *
 * @param {string} language
 */
export function pluralsOf(language) {
  const rules = new Intl.PluralRules(language);
  return (/** @type {number} */ count, /** @type {Forms} */ { one, other }) =>
    `${number(count)} ${rules.select(count) === "one" ? one : other}`;
}
