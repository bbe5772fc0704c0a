// Times, dates, lengths of time and repeats, in German.

import { listed, pluralsOf } from "../locale.js";

const plural = pluralsOf("de");

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
    kinds: {
      none: "Keine Wiederholung",
      daily: "Jeden Tag",
      weekly: "Jede Woche",
      monthly: "Jeden Monat",
      yearly: "Jedes Jahr",
      days: "Alle paar Tage",
      custom: "Eigene Regel (RRULE)",
    },
    everyDay: "Jeden Tag",
    everyWeekday: "Jeden Werktag (Mo–Fr)",
    everyWeek: "Jede Woche",
    on: (days) => `Jeden ${listed(days)}`,
    everyMonth: "Jeden Monat",
    everyMonthOn: (day) => `Jeden Monat am ${day}.`,
    everyMonthOnLast: "Jeden Monat am letzten Tag",
    everyYear: "Jedes Jahr",
    everyDays: (count) => `Alle ${count} Tage`,
    custom: "Eigene Wiederholung",
  },
};
