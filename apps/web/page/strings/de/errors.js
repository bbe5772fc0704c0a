// What went wrong, in German.

const ended = "Deine Sitzung ist zu Ende. Melde dich wieder an, um weiterzumachen.";

/** @type {typeof import("../en/errors.js").errors} */
export const errors = {
  unreachable: "TaskFlow ist nicht erreichbar. Prüf deine Verbindung und versuch es noch einmal.",
  unanswered: "Der Server antwortet nicht. Versuch es gleich noch einmal.",
  noCookies: "Dieser Browser lehnt Cookies ab, und ohne sie bleibt niemand angemeldet.",
  sessionEnded: ended,
  ours: "Bei uns ist etwas schiefgegangen. Versuch es gleich noch einmal.",
  notValid: "Das ist nicht gültig.",
  tooManyTries: "Zu viele Versuche.",
  fewSeconds: "ein paar Sekunden",
  wait: (length) => `Warte ${length} und versuch es dann noch einmal.`,
};
