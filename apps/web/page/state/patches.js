// Changes of tasks: how they look before the server has answered, and what takes them back.

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Draft, Task } from "./tasks.js"
 */

const LONGEST_NAME = 80;

/**
 * The name of the first, for words about one or more; of a long one enough to know it by.
 *
 * @param {Task[]} tasks
 */
export function titleOf(tasks) {
  const title = Array.from(tasks[0]?.title ?? "");
  return title.length > LONGEST_NAME ? `${title.slice(0, LONGEST_NAME).join("").trim()}…` : title.join("");
}

/**
 * What a change looks like until the server has answered.
 *
 * @param {TaskPatch} fields
 * @returns {Draft}
 */
export function draftOf(fields) {
  const { completed, title, due_date, priority, tags, ...others } = fields;
  return {
    .../** @type {Draft} */ (others),
    ...(typeof completed === "boolean" && { completed }),
    ...(title && { title }),
    ...(priority && { priority }),
    ...(tags && { tags }),
    ...(due_date !== undefined && { due_date, due_all_day: Boolean(due_date && !due_date.includes("T")) }),
  };
}

/**
 * The fields of a task that a change names, as the server takes them.
 *
 * @param {Task} task
 * @param {TaskPatch} fields
 * @returns {TaskPatch}
 */
export function formerly(task, fields) {
  const entries = Object.entries({ ...task, due_date: task.due_all_day ? task.due_date?.slice(0, 10) : task.due_date });
  return Object.fromEntries(entries.filter(([name]) => Object.hasOwn(fields, name)));
}

/**
 * Whether two changes come to the same.
 *
 * @param {TaskPatch} one
 * @param {TaskPatch} other
 */
export function alike(one, other) {
  const text = (/** @type {TaskPatch} */ fields) => JSON.stringify(Object.entries(fields).sort());
  return text(one) === text(other);
}
