// What a personal token may be allowed, in words.

import { strings } from "../../strings/later.js";

/** @import { TokenView } from "../../../types/chat-api.js" */

/** @type {Map<TokenView["scopes"][number], string>} */
export const SCOPES = new Map([
  ["tasks:read", strings.scopes.readTasks],
  ["tasks:write", strings.scopes.changeTasks],
  ["stream", strings.scopes.stream],
  ["audit:read", strings.scopes.audit],
]);
