// Which sheet an address below #/account opens.

import { openDeletion } from "./deletion.js";
import { openNewEmail } from "./new-email.js";
import { openNewPassword } from "./new-password.js";
import { openNewToken } from "./new-token.js";
import { openOverview } from "./overview.js";
import { openSecurity } from "./security.js";
import { openSessions } from "./sessions.js";
import { openTokens } from "./tokens.js";

/**
 * @import { Account } from "../../../types/chat-api.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Toaster } from "../../notices/toaster.js"
 * @import { Sheet } from "../../router.js"
 * @import { Api } from "../../server/api.js"
 */

/**
 * @typedef {object} AccountNeeds
 * @property {Api} api
 * @property {Account} user as they were when the page began
 * @property {Clock} clock
 * @property {Toaster} toaster
 * @property {(path: string) => void} go
 * @property {(password: string) => Promise<void>} onDelete deletes the account, or raises ApiError
 * @property {() => void} onClose
 */

/** @type {Map<string, (needs: AccountNeeds) => Sheet>} */
const PARTS = new Map([
  ["", openOverview],
  ["email", openNewEmail],
  ["password", openNewPassword],
  ["sessions", openSessions],
  ["tokens", openTokens],
  ["new-token", openNewToken],
  ["security", openSecurity],
  ["delete", openDeletion],
]);

/**
 * The sheet of a part of the account; null where there is no such part.
 *
 * @param {string} part "" for the whole
 * @param {AccountNeeds} needs
 */
export function openAccount(part, needs) {
  return PARTS.get(part)?.(needs) ?? null;
}
