// What went wrong, in English.

const ended = "Your session has ended. Log in again to go on.";
const underWay = "The same change is still under way. Try again in a moment.";
const changed = "It has been changed in the meantime.";

export const errors = {
  unreachable: "TaskFlow cannot be reached. Check your connection and try again.",
  unanswered: "The server does not answer. Try again in a moment.",
  sessionEnded: ended,
  ours: "Something went wrong on our side. Try again in a moment.",
  notValid: "This is not valid.",
  tooManyTries: "Too many tries.",
  fewSeconds: "a few seconds",
  wait: (/** @type {string} */ length) => `Wait ${length}, then try again.`,
  /** By the status of an answer that says no more. */
  statuses: new Map([
    [403, "This is not yours to change."],
    [404, "It is no longer there."],
    [409, underWay],
    [412, changed],
  ]),
};
