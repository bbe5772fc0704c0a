// What happened to an account, in English.

import { pluralsOf } from "../locale.js";

const plural = pluralsOf("en");

export const security = {
  security: {
    title: "Security",
    about: "What happened to your account",
    intro:
      "Logins, refusals, changes, and who read your audit trail, the newest first. If something was not you, change your password.",
    none: "Nothing is recorded yet.",
    refresh: "Look again",
    /** @param {string} day @param {string} time */
    when: (day, time) => `${day}, ${time}`,
    byOperator: "By whoever runs this installation",
    signedUp: "Account created",
    signedIn: (/** @type {string} */ device) => `Logged in: ${device}`,
    earlierToken: "With a login from before the upgrade",
    refused: (/** @type {number} */ count) =>
      plural(count, { one: "login with a wrong password", other: "logins with a wrong password" }),
    locked: (/** @type {number} */ count) =>
      plural(count, { one: "login refused after too many attempts", other: "logins refused after too many attempts" }),
    passwordChanged: "Password changed",
    passwordReset: "Password set by a link",
    resetLinkMade: "Link to set a new password handed out",
    emailLinkMade: "Link to confirm the new e-mail address handed out",
    emailChanged: "E-mail address changed",
    sessionEnded: (/** @type {string} */ device) => `Logged out: ${device}`,
    sessionsEnded: (/** @type {number} */ count) => plural(count, { one: "session ended", other: "sessions ended" }),
    everywhere: "Logged out everywhere",
    reasons: {
      signed_out: "Ended by you",
      everywhere: "Ended by “Log out everywhere”",
      password: "Because the password was changed",
      reset: "Because the password was set by a link",
      reuse: "Because its login was used in two places",
      disabled: "Because the account was disabled",
      deleted: "Because the account was deleted",
    },
    tokenMade: (/** @type {string} */ name) => `Access key made: ${name}`,
    tokenRevoked: (/** @type {string} */ name) => `Access key revoked: ${name}`,
    tokensRevoked: (/** @type {number} */ count) =>
      plural(count, { one: "access key revoked", other: "access keys revoked" }),
    noName: "no name",
    disabled: "Account disabled",
    enabled: "Account enabled",
    exported: "Everything downloaded",
    deleted: "Account deleted",
    read: "Your audit trail was read by an administrator",
    rows: (/** @type {number} */ count) => plural(count, { one: "entry was shown", other: "entries were shown" }),
    other: "Something else",
  },
};
