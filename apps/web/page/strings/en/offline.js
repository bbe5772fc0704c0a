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
    title: "Not sent yet",
    none: "Everything is sent.",
    conflict: "It has been changed in another place since.",
    gone: "It was not taken.",
    old: "It is older than a day. The server may have it already.",
    waits: "It is sent as soon as the server answers.",
    yours: "Yours",
    theirs: "There",
    insist: "Send mine",
    discard: "Discard mine",
    nothing: "none",
    made: "New task",
    deleted: "Deleted",
    leaveTitle: "Log out and lose changes?",
    leaveLose: "They are lost when you log out now.",
    leave: "Log out",
    stay: "Stay",
    values: { true: "done", false: "open" },
    fields: new Map([
      ["title", "Title"],
      ["description", "Description"],
      ["completed", "State"],
      ["due_date", "Due"],
      ["recurrence_pattern", "Repeat"],
      ["reminders", "Reminders"],
      ["tags", "Tags"],
      ["priority", "Priority"],
    ]),
  },
};
