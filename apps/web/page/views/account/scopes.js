// What a personal token may be allowed, in words.

/** @import { TokenView } from "../../../types/chat-api.js" */

/** @type {Map<TokenView["scopes"][number], string>} */
export const SCOPES = new Map([
  ["tasks:read", "Read tasks and reminders"],
  ["tasks:write", "Change tasks and reminders"],
  ["stream", "Follow changes as they happen"],
  ["audit:read", "Read the audit trail"],
]);
