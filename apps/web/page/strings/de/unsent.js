// The changes that are not sent yet, in German.

/** @type {typeof import("../en/unsent.js").unsent} */
export const unsent = {
  kept: {
    title: "Noch nicht gesendet",
    none: "Alles ist gesendet.",
    conflict: "Es wurde inzwischen anderswo geändert.",
    gone: "Es wurde nicht angenommen.",
    old: "Es ist älter als ein Tag. Vielleicht hat der Server es schon.",
    waits: "Es wird gesendet, sobald der Server antwortet.",
    yours: "Deins",
    theirs: "Dort",
    insist: "Meins senden",
    discard: "Meins verwerfen",
    nothing: "nichts",
    made: "Neue Aufgabe",
    deleted: "Gelöscht",
    leaveTitle: "Abmelden und Änderungen verlieren?",
    leaveLose: "Sie sind verloren, wenn du dich jetzt abmeldest.",
    leave: "Abmelden",
    stay: "Bleiben",
    state: "Stand",
    values: { true: "erledigt", false: "offen" },
  },
};
