// What happened to the account, from the audit trail: logins, refusals, changes, and who read of it.

import { h } from "../../dom.js";
import { deviceLabel } from "../../domain/browsers.js";
import { dayLabel, timeLabel } from "../../domain/labels.js";
import { strings } from "../../strings/later.js";
import { openSheet } from "../parts/sheet.js";
import { entryList } from "./entries.js";

/**
 * @import { AuditItem } from "../../../types/audit-logger.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { AccountNeeds } from "./account.js"
 */

/** @typedef {Record<string, any>} Data What an event says besides when it was, and whose. */

const PATH = "/api/v1/audit/events?about=account&limit=20";
const OPERATOR = "operator";

/** @type {Record<string, (data: Data) => string>} What happened, by its type. */
const NAMES = {
  "account.signed_up": () => strings.security.signedUp,
  "account.signed_in": ({ device }) => strings.security.signedIn(deviceLabel(device ?? null)),
  "account.sign_in_refused": ({ count }) => strings.security.refused(count),
  "account.locked": ({ count }) => strings.security.locked(count),
  "account.password_changed": () => strings.security.passwordChanged,
  "account.password_reset": () => strings.security.passwordReset,
  "account.reset_link_made": () => strings.security.resetLinkMade,
  "account.email_link_made": () => strings.security.emailLinkMade,
  "account.email_changed": () => strings.security.emailChanged,
  "account.sessions_revoked": sessionsRevoked,
  "account.token_made": ({ name }) => strings.security.tokenMade(name ?? strings.security.noName),
  "account.tokens_revoked": ({ token_id, name, count }) =>
    token_id ? strings.security.tokenRevoked(name ?? strings.security.noName) : strings.security.tokensRevoked(count),
  "account.disabled": () => strings.security.disabled,
  "account.enabled": () => strings.security.enabled,
  "account.exported": () => strings.security.exported,
  "account.deleted": () => strings.security.deleted,
  "audit.read": () => strings.security.read,
};

/**
 * Opens it.
 *
 * @param {AccountNeeds} needs
 */
export function openSecurity({ api, clock, toaster, onClose }) {
  const list = h("div");
  const again = h("button", { type: "button", class: "quiet-button", on: { click: show } }, strings.security.refresh);

  function show() {
    const words = (/** @type {AuditItem} */ item) => entryWords(item, clock);
    const nodes = entryList({ api, path: PATH, words, empty: strings.security.none });
    list.replaceChildren(...nodes.filter((node) => node instanceof Node));
  }

  show();
  return openSheet({
    title: strings.security.title,
    body: [h("p", { class: "intro" }, strings.security.intro), again, list],
    toaster,
    onClose,
  });
}

/**
 * @param {AuditItem} item
 * @param {Clock} clock
 */
function entryWords({ type, occurred_at, actor_id, data }, clock) {
  const at = strings.security.when(dayLabel(occurred_at, clock), timeLabel(new Date(occurred_at), clock.zone));
  const name = NAMES[type]?.(data) ?? strings.security.other;
  return { name, details: [[at, ...remarks(type, actor_id, data)].join(" · ")], end: null };
}

/** @param {Data} data */
function sessionsRevoked({ reason, session_id, device, count }) {
  if (session_id) return strings.security.sessionEnded(deviceLabel(device ?? null));
  return reason === "everywhere" ? strings.security.everywhere : strings.security.sessionsEnded(count);
}

/**
 * Why it was, and who did it where that is not the person.
 *
 * @param {string} type
 * @param {string} actor
 * @param {Data} data
 */
function remarks(type, actor, data) {
  /** @type {Record<string, string>} */
  const reasons = strings.security.reasons;
  const said = [];
  if (type === "account.signed_in" && data.by === "earlier_token") said.push(strings.security.earlierToken);
  if (type === "audit.read") said.push(strings.security.rows(data.count));
  if (data.reason !== "everywhere" && reasons[data.reason]) said.push(reasons[data.reason]);
  if (actor === OPERATOR) said.push(strings.security.byOperator);
  return said;
}
