// The page and the network, in English: what waits to be sent, and what opens without a connection.

import { pluralsOf } from "../locale.js";

const plural = pluralsOf("en");

export const offline = {
  newer: {
    ready: "A new version of TaskFlow is ready.",
    reload: "Reload",
  },
  notification: {
    snooze: "Snooze 10 minutes",
    done: "Done",
    failed: "That did not work. Open TaskFlow to try again.",
  },
  connection: {
    offline: "Offline: what you do is kept and sent later.",
    silent: "The server does not answer. What you do is kept and sent later.",
    unkept: "This browser keeps nothing: do not close the page before your changes are sent.",
  },
  unsent: {
    mark: "Not sent yet",
    count: (/** @type {number} */ count) =>
      `${plural(count, { one: "change is", other: "changes are" })} not sent yet.`,
    undecided: (/** @type {number} */ count) =>
      `${plural(count, { one: "change waits", other: "changes wait" })} for you.`,
    show: "Show",
  },
};
