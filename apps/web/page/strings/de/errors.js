// What went wrong, in German.

const ended = "Deine Sitzung ist zu Ende. Melde dich wieder an, um weiterzumachen.";
const underWay = "Dieselbe Änderung läuft noch. Versuch es gleich noch einmal.";
const changed = "Es wurde inzwischen geändert.";

/** @type {typeof import("../en/errors.js").errors} */
export const errors = {
  unreachable: "TaskFlow ist nicht erreichbar. Prüf deine Verbindung und versuch es noch einmal.",
  unanswered: "Der Server antwortet nicht. Versuch es gleich noch einmal.",
  sessionEnded: ended,
  ours: "Bei uns ist etwas schiefgegangen. Versuch es gleich noch einmal.",
  notValid: "Das ist nicht gültig.",
  tooManyTries: "Zu viele Versuche.",
  fewSeconds: "ein paar Sekunden",
  wait: (length) => `Warte ${length} und versuch es dann noch einmal.`,
  statuses: new Map([
    [403, "Das darfst du nicht ändern."],
    [404, "Das gibt es nicht mehr."],
    [409, underWay],
    [412, changed],
  ]),
};
