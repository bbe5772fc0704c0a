// What the palette offers besides tasks: things to do to the task that had the focus, and places to go to.

import { strings } from "../../strings/later.js";
import { allViews } from "../list/list-views.js";

/**
 * @import { Task } from "../../state/tasks.js"
 * @import { Entry } from "./palette.js"
 */

const words = strings.palette;

/**
 * The entries, those for the task first.
 *
 * @param {Task | undefined} task
 * @param {(path: string) => void} go
 * @param {Record<"toggle" | "today" | "remove", (task: Task) => void>} on
 * @returns {Entry[]}
 */
export function paletteEntries(task, go, on) {
  const places = [
    ...allViews(),
    { label: strings.page.chat, address: "/chat" },
    { label: strings.page.settings, address: "/settings" },
    { label: strings.page.account, address: "/account" },
    { label: strings.page.shortcuts, address: "/help" },
  ];
  const goes = places.map(({ label, address }) => ({ label: words.goTo(label), run: () => go(address) }));
  return task ? [...forTask(task, go, on), ...goes] : goes;
}

/**
 * @param {Task} task
 * @param {(path: string) => void} go
 * @param {Record<"toggle" | "today" | "remove", (task: Task) => void>} on
 */
function forTask(task, go, { toggle, today, remove }) {
  const { id, title } = task;
  return [
    { label: words.open(title), run: () => go(`/task/${id}`) },
    { label: words.toggle(title), run: () => toggle(task) },
    { label: words.today(title), run: () => today(task) },
    { label: words.history(title), run: () => go(`/task/${id}/history`) },
    { label: words.delete(title), run: () => remove(task) },
  ];
}
