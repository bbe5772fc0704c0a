// What went wrong, in English.

export const errors = {
  unreachable: "TaskFlow cannot be reached. Check your connection and try again.",
  unanswered: "The server does not answer. Try again in a moment.",
  sessionEnded: "Your session has ended. Log in again to go on.",
  ours: "Something went wrong on our side. Try again in a moment.",
  notValid: "This is not valid.",
  tooManyTries: "Too many tries.",
  fewSeconds: "a few seconds",
  wait: (/** @type {string} */ length) => `Wait ${length}, then try again.`,
  /** By the status of an answer that says no more. */
  statuses: new Map([
    [403, "This is not yours to change."],
    [404, "It is no longer there."],
    [409, "The same change is still under way. Try again in a moment."],
    [412, "It has been changed in the meantime."],
  ]),
  /** By the server's code: what a person is told rather than what a program is. Others are shown as the server says. */
  codes: new Map([
    ["ORIGIN_MISMATCH", "TaskFlow is not meant to be used at this address. Ask whoever runs it for the right one."],
    ["TOO_MANY_ATTEMPTS", "Logging in has failed too often."],
    ["TOO_MANY_SIGN_UPS", "Too many accounts are being made."],
    ["TOO_MANY_MAILS", "Too many mails were asked for."],
    ["TOO_MANY_EXPORTS", "Too many downloads of this kind are running."],
    ["SIGN_IN_BUSY", "Too many people are logging in just now."],
    ["TOO_MANY_KEPT_ANSWERS", "You have made as much in a day as one may. Try again tomorrow."],
  ]),
  /** Sentences of the server that have no code of their own, by what they say in English; others are shown as they are. */
  sentences: new Map(/** @type {[string, string][]} */ ([])),
};
