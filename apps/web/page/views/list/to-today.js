// Moving a task to today.

import { dueFields } from "../../domain/due.js";
import { today } from "../../domain/zones.js";
import { strings } from "../../strings/index.js";

/**
 * @import { Clock } from "../../domain/zones.js"
 * @import { TaskActions } from "../../state/actions.js"
 * @import { Task } from "../../state/tasks.js"
 */

/**
 * Moves an open task to today; its time of day stays.
 *
 * @param {Task} task
 * @param {Clock} clock
 * @param {TaskActions} actions
 */
export function toToday(task, clock, actions) {
  const date = today(clock.now(), clock.zone);
  if (task.completed || dueFields(task, clock.zone)?.date === date) return;
  actions.reschedule([task], date, clock.zone, { text: strings.undo.today(task.title) });
}
