// What a person does to tasks and can take back, in German.

import { number, pluralsOf } from "../locale.js";

const plural = pluralsOf("de");

/** @type {(count: number) => string} */
const tasks = (count) => plural(count, { one: "Aufgabe", other: "Aufgaben" });

const about =
  (/** @type {string} */ words) =>
  /** @param {string} title @param {number} count */
  (title, count = 1) =>
    `${count === 1 ? `„${title}“` : tasks(count)} ${words}`;

/** @type {typeof import("../en/doing.js").doing} */
export const doing = {
  doing: {
    moreOf: (count) => `Mehr anzeigen (noch ${number(count)})`,
  },
  undo: {
    undo: "Rückgängig",
    nothing: "Es gibt nichts rückgängig zu machen.",
    completed: about("erledigt"),
    reopened: about("wieder offen"),
    nextKept: (title, done) =>
      `„${title}“ ist wieder offen. Auch die nächste bleibt: Sie ist schon ${done ? "erledigt" : "geändert"}.`,
    gone: about("gelöscht"),
    changed: about("geändert"),
    notChanged: "Das Ändern ist fehlgeschlagen.",
    saved: about("gespeichert"),
    today: about("für heute"),
    changedSince: about("nicht zurückgesetzt: seitdem an anderer Stelle geändert."),
    notMoved: "Sie konnte nicht verschoben werden.",
    notUndone: "Das ließ sich nicht rückgängig machen.",
    several: (count) => `${tasks(count)}:`,
  },
  again: {
    title: "Melde dich wieder an",
    about: (email) => `Deine Sitzung als ${email} ist zu Ende. Danach geht es weiter, wo du warst.`,
    password: "Passwort",
    logIn: "Anmelden",
    leave: "Abmelden",
  },
  moving: {
    title: "Verschieben",
    of: (title) => `${title} verschieben`,
    all: "Alle verschieben",
    today: "Heute",
    tomorrow: "Morgen",
    nextWeek: "Nächste Woche",
    noDate: "Kein Datum",
    date: "Anderes Datum",
    set: "Setzen",
    moved: about("verschoben"),
    notMoved: "Das Verschieben ist fehlgeschlagen.",
  },
  added: {
    added: "Hinzugefügt",
    addedFor: (day) => `Hinzugefügt für ${day}`,
    show: "Anzeigen",
  },
};
