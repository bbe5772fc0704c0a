// What went wrong, in English.

const ended = "Your session has ended. Log in again to go on.";

export const errors = {
  unreachable: "TaskFlow cannot be reached. Check your connection and try again.",
  unanswered: "The server does not answer. Try again in a moment.",
  noCookies: "This browser refuses cookies, and without them nobody stays signed in.",
  sessionEnded: ended,
  ours: "Something went wrong on our side. Try again in a moment.",
  notValid: "This is not valid.",
  tooManyTries: "Too many tries.",
  fewSeconds: "a few seconds",
  wait: (/** @type {string} */ length) => `Wait ${length}, then try again.`,
};
