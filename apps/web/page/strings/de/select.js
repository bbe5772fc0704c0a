// Selecting tasks and swiping them, in German.

import { number, pluralsOf } from "../locale.js";

const plural = pluralsOf("de");

/** @type {(count: number) => string} */
const tasks = (count) => plural(count, { one: "Aufgabe", other: "Aufgaben" });

/** @type {typeof import("../en/select.js").select} */
export const select = {
  bar: "Ausgewählte Aufgaben",
  count: (count) => `${number(count)} ausgewählt`,
  none: "Nichts ist ausgewählt",
  choose: "Wähle Aufgaben aus",
  all: (count) => `Alle ${number(count)} auswählen`,
  close: "Auswahl beenden",
  complete: "Erledigen",
  reopen: "Wieder öffnen",
  reschedule: "Verschieben",
  priority: "Priorität",
  tags: "Schlagwörter",
  delete: "Löschen",
  newTag: "Neues Schlagwort",
  add: "Hinzufügen",
  failed: (count, reason) => `${tasks(count)}: ${reason}`,
  help: {
    select: "Auswählen oder nicht",
    shift: "Umschalt",
    extend: "Die nächste, die vorige auswählen",
    selectAll: "Alles auswählen, was zu sehen ist",
    ctrlA: "Strg+A",
    act: "Zu dem, was du mit den ausgewählten tun kannst",
    close: "Schließen, oder die Auswahl beenden",
    click: "Klick: Strg (⌘) wählt eine Aufgabe aus, Umschalt alle bis zu ihr.",
    touch:
      "Auf dem Touchscreen: lange drücken wählt aus; nach rechts wischen erledigt, nach links verschiebt. Der Kreis und der Kalender in jeder Zeile tun dasselbe.",
  },
};
