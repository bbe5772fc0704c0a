// The order of tasks in a list, and which of them a search finds: quick enough for thousands at each key.

import { dueOrder } from "./due.js";

/** @typedef {import("../../types/chat-api.js").TaskView} Task */

/**
 * Tasks by when they are due, of those alike the newest first.
 *
 * @param {string} zone
 * @returns {(one: Task, other: Task) => number}
 */
export function byDue(zone) {
  return (one, other) => {
    const left = dueOrder(one, zone);
    const right = dueOrder(other, zone);
    if (left !== right) return left - right;
    return compare(other.created_at, one.created_at) || compare(one.id, other.id);
  };
}

const RANKS = new Map([
  ["high", 3],
  ["medium", 2],
  ["low", 1],
]);

/**
 * Tasks by what matters most, of those alike by when they are due.
 *
 * @param {string} zone
 * @returns {(one: Task, other: Task) => number}
 */
export function byPriority(zone) {
  const due = byDue(zone);
  const rank = (/** @type {Task} */ task) => RANKS.get(task.priority ?? "none") ?? 0;
  return (one, other) => rank(other) - rank(one) || due(one, other);
}

/**
 * Tasks by their last change, the newest first.
 *
 * @param {Task} one
 * @param {Task} other
 */
export function byLastChange(one, other) {
  return compare(other.updated_at, one.updated_at) || compare(one.id, other.id);
}

/**
 * By code units: for what is no language, and far quicker than by a language's rules.
 *
 * @param {string} one
 * @param {string} other
 */
function compare(one, other) {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** @type {WeakMap<Task, string>} what is searched of a task, in small letters */
const searchable = new WeakMap();

/**
 * Whether a task's title, description and tags hold every word, which are in small letters.
 *
 * @param {Task} task
 * @param {string[]} words
 */
export function holds(task, words) {
  if (words.length === 0) return true;
  let text = searchable.get(task);
  if (text === undefined) {
    const tags = (task.tags ?? []).map((tag) => `#${tag}`);
    text = [task.title, task.description ?? "", ...tags].join("\n").toLocaleLowerCase();
    searchable.set(task, text);
  }
  return words.every((word) => text.includes(word));
}
