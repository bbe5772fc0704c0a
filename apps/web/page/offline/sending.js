// How one change goes to the server.

import { alike, formerly } from "../state/patches.js";

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Answer, Api } from "../server/api.js"
 * @import { Write } from "../state/task-calls.js"
 * @import { Task } from "../state/tasks.js"
 * @import { Entry } from "./entries.js"
 */

/**
 * The write with the id that its task has by now.
 *
 * @template {Write} Kind
 * @param {Kind} write
 * @param {string} taskId
 */
export function addressed(write, taskId) {
  return { ...write, taskId, path: write.path.replace(encodeURIComponent(write.taskId), encodeURIComponent(taskId)) };
}

/**
 * Raises ApiError.
 *
 * @param {Api} api
 * @param {Entry} entry
 * @param {boolean} [keepalive] outlives the page
 * @returns {Promise<Answer<any>>}
 */
export function call(api, { method, path, body, etag, key }, keepalive = false) {
  /** @type {Record<string, string>} */
  const headers = { "Idempotency-Key": key };
  if (etag) headers["If-Match"] = etag;
  return api.request(method, path, { body, headers, keepalive });
}

/**
 * Whether a change that waited can be made of what is there now: `changed` when another place has changed the same
 * fields since, `done` when they are as they are to be already. Raises ApiError.
 *
 * @param {Api} api
 * @param {Entry} entry
 * @returns {Promise<{is: "free"} | {is: "changed" | "done", task: Task}>}
 */
export async function clash(api, { method, body, base, taskId }) {
  if (method !== "PATCH" || !base) return { is: "free" };
  const fields = /** @type {TaskPatch} */ (body);
  /** @type {Task} */
  const task = await api.json("GET", `/api/v1/tasks/${encodeURIComponent(taskId)}`);
  const there = formerly(task, fields);
  if (alike(there, fields)) return { is: "done", task };
  return alike(there, base) ? { is: "free" } : { is: "changed", task };
}
