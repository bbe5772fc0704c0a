// The line that adds tasks, in German.

import { listed, pluralsOf } from "../locale.js";

const plural = pluralsOf("de");

/** @type {typeof import("../en/line.js").line} */
export const line = {
  quick: {
    label: "Neue Aufgabe",
    placeholder: "Neue Aufgabe, etwa „Mama anrufen friday at 9am“",
    add: "Hinzufügen",
    tags: "Deine Schlagwörter",
    details: "Mehr …",
    due: "Fällig",
    noDate: "Ohne Datum",
    today: "Heute",
    tomorrow: "Morgen",
    inAWeek: "In einer Woche",
    quoted: (text) => `„${text}“`,
    addedWithoutDate: (unread) => `Ohne Datum hinzugefügt. Nicht gelesen: ${unread.join(", ")}`,
    addedAsTyped: "Hinzugefügt wie geschrieben: Ob ein Datum darin steht, hat der Server nicht gesagt.",
    notAdded: (text, reason) =>
      reason ? `Nicht hinzugefügt: „${text}“. ${reason}` : `Noch nicht hinzugefügt: „${text}“.`,
    putBack: "Zurückholen",
    discard: "Verwerfen",
  },
  pasted: {
    label: "Eingefügte Zeilen",
    addAll: (count) => `${plural(count, { one: "Aufgabe", other: "Aufgaben" })} hinzufügen`,
  },
  said: {
    label: "In der Zeile gelesen",
    language: "Tag, Uhrzeit und Wiederholung liest die Zeile bisher nur auf Englisch, etwa „friday at 9am“.",
    noTitle: "Sag auch, was zu tun ist.",
    noDate: "Eine Erinnerung braucht ein Datum: Sag, wann die Aufgabe fällig ist.",
    which: "Was ist gemeint?",
    several: "Das lässt sich verschieden lesen: Wähl eines aus, auch mit seiner Nummer.",
    allTitle: "Alles gehört zum Titel",
    leave: (words) => `„${words}“ im Titel lassen`,
    undated: "Ohne Datum",
    titled: (title, words) => `„${title}“: ${words}`,
    until: (repeat, day) => `${repeat} bis ${day}`,
    reminded: (offsets) => `Erinnerung ${listed(offsets)}`,
    notRead: (text, why) => `Nicht gelesen: „${text}“ (${why}).`,
  },
};
