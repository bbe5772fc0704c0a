// One change on its way.

import { newKey } from "../server/api.js";
import { ApiError } from "../server/errors.js";
import { formerly } from "../state/patches.js";

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Write } from "../state/task-calls.js"
 * @import { Task } from "../state/tasks.js"
 */

/**
 * @typedef {object} Kept What is kept beside a write.
 * @property {number} [seq] its place; none where the browser keeps nothing
 * @property {string} key by which the server knows it again
 * @property {string} userId
 * @property {number} at when it was made
 * @property {string} tab which tab is sending it just now; "" for none
 * @property {TaskPatch | null} base the fields that it changes, as they were
 * @property {"waiting" | "conflict" | "old"} state
 * @property {string} reason why it was refused
 * @property {boolean} [tried] the server may have it already
 * @property {Task | null} theirs what another place has made of the task since
 */

/** @typedef {Write & Kept} Entry */

/**
 * A write as it is kept.
 *
 * @param {Write} write
 * @param {{task: Task | undefined, userId: string, tab: string}} about the task as the server had it last
 * @returns {Entry}
 */
export function entryOf({ before, ...write }, { task, userId, tab }) {
  const isPatch = write.method === "PATCH" && task;
  const base = isPatch ? (before ?? formerly(task, /** @type {TaskPatch} */ (write.body))) : null;
  return { ...write, key: newKey(), userId, at: Date.now(), tab, base, state: "waiting", reason: "", theirs: null };
}

/**
 * Whether it makes a task that was not there before.
 *
 * @param {Write} write
 */
export function isCreation({ method, restored }) {
  return method === "POST" && !restored;
}

/**
 * Whether a tab is sending it just now, or was when it closed.
 *
 * @param {Entry} entry
 */
export function isFlying(entry) {
  return entry.tab !== "";
}

/**
 * Whether the server may not have got it, and could later.
 *
 * @param {unknown} error
 */
export function isNoAnswer(error) {
  if (!(error instanceof ApiError)) return false;
  const isBusy = error.status === 429 && error.code !== "TOO_MANY_KEPT_ANSWERS";
  return [0, 502, 503, 504].includes(error.status) || isBusy || error.code === "IDEMPOTENCY_KEY_IN_USE";
}
