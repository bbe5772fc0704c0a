// Times, dates, lengths of time and repeats, in German.

import { listed, number, pluralsOf } from "../locale.js";

const plural = pluralsOf("de");

/** @type {(one: string, two: string, units: string) => (count: number) => string} */
const each = (one, two, units) => (count) => [one, two][count - 1] ?? `Alle ${number(count)} ${units}`;

/** @type {typeof import("../en/time.js").time} */
export const time = {
  dates: {
    yesterday: "Gestern",
    today: "Heute",
    tomorrow: "Morgen",
    now: "jetzt",
    at: (day, time) => `${day}, ${time}`,
  },
  lengths: {
    second: (count) => plural(count, { one: "Sekunde", other: "Sekunden" }),
    minute: (count) => plural(count, { one: "Minute", other: "Minuten" }),
    hour: (count) => plural(count, { one: "Stunde", other: "Stunden" }),
    day: (count) => plural(count, { one: "Tag", other: "Tage" }),
    week: (count) => plural(count, { one: "Woche", other: "Wochen" }),
  },
  offsets: {
    atTheTime: "zum Zeitpunkt",
    before: (length) => `${length} vorher`,
  },
  repeats: {
    within: (label) => label.charAt(0).toLocaleLowerCase("de") + label.slice(1),
    every: {
      day: each("Jeden Tag", "Jeden zweiten Tag", "Tage"),
      week: each("Jede Woche", "Jede zweite Woche", "Wochen"),
      month: each("Jeden Monat", "Jeden zweiten Monat", "Monate"),
      year: each("Jedes Jahr", "Jedes zweite Jahr", "Jahre"),
    },
    everyOf: (days) => `Jeden ${listed(days)}`,
    everyWorkday: "Jeden Werktag (Mo–Fr)",
    workday: "Werktag (Mo–Fr)",
    onWorkdays: (each) => `${each} von Montag bis Freitag`,
    onDays: (each, days) => `${each} am ${listed(days)}`,
    date: (day) => `${day}.`,
    lastDay: "letzten Tag",
    orLastDay: (date) => `${date} (oder letzten Tag)`,
    leapYears: " (nur in Schaltjahren)",
    skipping: { month: " (nicht in Monaten ohne diesen Tag)", year: " (nicht in Jahren ohne diesen Tag)" },
    lastDayOf: (month) => `letzten Tag im ${month}`,
    onDate: (each, date) => `${each} am ${date}`,
    onDates: (each, dates) => `${each} am ${listed(dates)}`,
    nth: ["letzten", "ersten", "zweiten", "dritten", "vierten", "fünften"],
    onNth: (each, which, day) => `${each} am ${listed(which)} ${day}`,
    onNthOf: (each, which, day, month) => `${each} am ${listed(which)} ${day} im ${month}`,
    times: (text, count) => `${text}, ${number(count)}-mal`,
    until: (text, date) => `${text}, bis ${date}`,
  },
};
