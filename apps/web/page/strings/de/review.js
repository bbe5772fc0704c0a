// Looking back, in German: the trash, and what happened.

import { pluralsOf } from "../locale.js";

const plural = pluralsOf("de");

/** @type {typeof import("../en/review.js").review} */
export const review = {
  trash: {
    title: "Papierkorb",
    intro: "Was du löschst, bleibt eine Weile hier und kommt genau so zurück, wie es war.",
    loading: "Wird geladen …",
    search: "Papierkorb durchsuchen",
    nothing: "Der Papierkorb ist leer.",
    nothingFound: "Nichts im Papierkorb hat diese Wörter.",
    more: "Mehr anzeigen",
    again: "Noch einmal versuchen",
    deleted: (when, days) =>
      `Gelöscht: ${when} · ${days > 0 ? `bleibt noch ${plural(days, { one: "Tag", other: "Tage" })}` : "letzter Tag"}`,
    due: (when) => `Fällig: ${when}`,
    done: "Erledigt",
    restore: "Wiederherstellen",
    restoreIt: (title) => `${title} wiederherstellen`,
    restoreAll: (count) => `Alle ${count} wiederherstellen`,
    restoreAllOf: (count, title) => `Alle ${count} wiederherstellen: ${title} und was mit gelöscht wurde`,
    history: "Verlauf",
    historyOf: (title) => `Verlauf von ${title}`,
    remove: "Endgültig löschen",
    sure: "Wirklich löschen?",
    gone: "Diese Aufgabe ist nicht mehr im Papierkorb.",
    restored: (title) => `„${title}“ wiederhergestellt`,
    show: "Anzeigen",
    empty: "Papierkorb leeren …",
    emptyTitle: "Papierkorb leeren?",
    emptyMeans: "Alles darin ist endgültig weg. Nur der Verlauf der Aufgaben bleibt.",
    emptyConfirm: "Papierkorb leeren",
  },
  activity: {
    title: "Aktivität",
    loading: "Wird geladen …",
    nothing: "In dieser Zeit ist nichts passiert.",
    more: "Mehr anzeigen",
    again: "Noch einmal versuchen",
    kind: "Was",
    kinds: {
      all: "Alles",
      created: "Erstellt",
      changed: "Geändert",
      done: "Abgehakt",
      deleted: "Gelöscht",
      reminders: "Erinnerungen",
    },
    range: "Wann",
    ranges: {
      today: "Heute",
      week: "Diese Woche",
      days7: "Letzte 7 Tage",
      days30: "Letzte 30 Tage",
      all: "Irgendwann",
      own: "Tage wählen …",
    },
    from: "Von",
    to: "Bis",
    aTask: "Eine Aufgabe",
    inTrash: "Im Papierkorb",
    sealed: "Versiegelt",
    sealedMeans: "Versiegelt: Von da an kann niemand den Eintrag ändern oder entfernen, ohne dass es auffällt.",
  },
};
