// The other tabs of this browser: who signs in or out in one, or answers a reminder, does so in all.

import { openChannel } from "./server/channel.js";

/**
 * @typedef {{kind: "signed-in", userId: string}
 *   | {kind: "signed-out"}
 *   | {kind: "reminder-answered", id: string}} TabMessage
 */

/** @typedef {{tell: (message: TabMessage) => void}} Tabs */

/**
 * A way to the other tabs; `heard` gets what they tell.
 *
 * @param {(message: TabMessage) => void} heard
 * @returns {Tabs}
 */
export function openTabs(heard) {
  const channel = openChannel("taskflow-tabs", heard);
  return { tell: (message) => channel?.tell(message) };
}
