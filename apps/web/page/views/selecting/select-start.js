// What selecting tasks begins with. The rest of it is loaded once the list is there, or is touched.

import { listKeys } from "../list/list-keys.js";
import { loadLater } from "../parts/later.js";

/**
 * @import { Task } from "../../state/tasks.js"
 * @import { Needs, Selecting } from "./selecting.js"
 */

const SOON = 2_000;
const KEYS = ["x", "J", "K", ".", "Escape", "t", "Delete"];

/**
 * @param {Needs & {onProblem: (error: unknown) => void, on: Record<"today" | "remove", (task: Task) => void>}} needs
 */
export function selectStart({ onProblem, on, ...needs }) {
  /** @type {Selecting | null} */
  let selecting = null;
  /** @type {Promise<Selecting | null> | null} */
  let loading = null;
  const { node } = needs.list;
  const ahead = () => void load(() => {});
  const timer = setTimeout(ahead, SOON);
  for (const name of ["pointerover", "pointerdown", "focusin"])
    node.addEventListener(name, ahead, { once: true, passive: true });

  /** @param {(error: unknown) => void} onLost is told where a part of the page did not come */
  function load(onLost) {
    loading ??= loadLater(onLost).then((later) => {
      selecting = later && new later.Selecting(needs);
      if (!selecting) loading = null;
      return selecting;
    });
    return loading;
  }

  /** @param {(loaded: Selecting) => unknown} run */
  async function withAll(run) {
    const loaded = await load(onProblem);
    if (loaded) run(loaded);
  }

  const withTask = (/** @type {(task: Task) => void} */ run) => (/** @type {string} */ id) => {
    const task = needs.store.get(id);
    if (task) run(task);
  };
  const { keys, focus } = listKeys(node, { today: withTask(on.today), remove: withTask(on.remove) });
  /** @type {Record<string, () => boolean | void>} */
  const forOne = keys;
  const forSelected = KEYS.map((name) => {
    const run = () => {
      if (selecting && selecting.keys(focus)[name]() !== false) return;
      if (name in forOne) return forOne[name]();
      if (selecting || name === "Escape") return false;
      withAll((loaded) => loaded.keys(focus)[name]());
    };
    return [name, run];
  });

  return {
    stop: () => clearTimeout(timer),
    begin: () => withAll(({ selection }) => selection.begin()),
    pick: (/** @type {Task} */ { id }) => withAll(({ selection }) => selection.toggle(id)),

    /** The keys of the list with those that select: what acts on one task acts on the selected ones, where there are any. */
    keys: { ...forOne, .../** @type {typeof forOne} */ (Object.fromEntries(forSelected)) },
  };
}
