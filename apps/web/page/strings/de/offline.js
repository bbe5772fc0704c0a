// The page and the network, in German: what waits to be sent, and what opens without a connection.

import { pluralsOf } from "../locale.js";

const plural = pluralsOf("de");

export const offline = {
  newer: {
    ready: "Eine neue Version von TaskFlow ist da.",
    reload: "Neu laden",
  },
  notification: {
    snooze: "In 10 Minuten wieder",
    done: "Erledigt",
    failed: "Das hat nicht geklappt. Öffne TaskFlow und versuche es noch einmal.",
  },
  connection: {
    offline: "Offline: Was du tust, wird aufgehoben und später gesendet.",
    silent: "Der Server antwortet nicht. Was du tust, wird aufgehoben und später gesendet.",
    unkept: "Dieser Browser hebt nichts auf: Schließe die Seite erst, wenn deine Änderungen gesendet sind.",
  },
  unsent: {
    mark: "Noch nicht gesendet",
    count: (/** @type {number} */ count) =>
      `${plural(count, { one: "Änderung ist", other: "Änderungen sind" })} noch nicht gesendet.`,
    undecided: (/** @type {number} */ count) =>
      `${plural(count, { one: "Änderung wartet", other: "Änderungen warten" })} auf dich.`,
    show: "Zeigen",
  },
};
