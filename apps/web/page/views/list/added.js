// A task that was added where it cannot be seen is told of, with the way to it.

import { dueFields } from "../../domain/due.js";
import { dateLabel, withinSentence } from "../../domain/labels.js";
import { today } from "../../domain/zones.js";
import { strings } from "../../strings/index.js";

/**
 * @import { Clock } from "../../domain/zones.js"
 * @import { Toaster } from "../../notices/toaster.js"
 * @import { Task } from "../../state/tasks.js"
 * @import { TaskList } from "./list.js"
 */

const words = strings.added;

/**
 * Says that a task was added, unless it is to be seen; `onShow` leaves the search and goes to where all tasks are.
 *
 * @param {{task: Task, list: TaskList, clock: Clock, toaster: Toaster, onShow: () => void}} needs
 */
export function tellAdded({ task, list, clock, toaster, onShow }) {
  if (list.isInView(task.id)) return;
  const due = dueFields(task, clock.zone);
  const day = due && withinSentence(dateLabel(due.date, today(clock.now(), clock.zone)));
  const show = () => {
    onShow();
    list.reveal(task.id);
  };
  toaster.show({
    text: day ? words.addedFor(day) : words.added,
    key: "added",
    actions: [{ label: words.show, run: show }],
  });
}
