// The bar at the lower edge: how many tasks are selected, and what can be done to them.

import { findAll, h, setText } from "../../dom.js";
import { icon } from "../../icons.js";
import { strings } from "../../strings/later.js";

const words = strings.select;

/** @import { Task } from "../../state/tasks.js" */

/** @typedef {"complete" | "reschedule" | "priority" | "tags" | "delete"} Doing */

/**
 * @typedef {object} Shown
 * @property {Task[]} tasks the selected ones
 * @property {number} all how many could be
 * @property {boolean} isOpen
 */

/** @type {[Doing, Parameters<typeof icon>[0], string][]} */
const DOINGS = [
  ["complete", "check", words.complete],
  ["reschedule", "calendar", words.reschedule],
  ["priority", "flag", words.priority],
  ["tags", "tag", words.tags],
  ["delete", "trash", words.delete],
];
const STEPS = new Map([
  ["ArrowRight", 1],
  ["ArrowLeft", -1],
]);

/**
 * A toolbar, one stop for Tab, in which the arrow keys go from button to button.
 *
 * @param {{onDo: (doing: Doing, button: HTMLElement) => void, onAll: () => void, onClose: () => void}} needs
 */
export function selectBar({ onDo, onAll, onClose }) {
  const count = h("p", { class: "select-count" });
  const why = h("p", { class: "select-why", role: "alert" });
  const all = h("button", { type: "button", class: "quiet-button", on: { click: onAll } });
  const close = h(
    "button",
    { type: "button", class: "icon-button", "aria-label": words.close, title: words.close, on: { click: onClose } },
    icon("close"),
  );
  const labels = new Map(DOINGS.map(([doing, , label]) => [doing, h("span", {}, label)]));
  const buttons = DOINGS.map(([doing, name]) => {
    const click = () => onDo(doing, button);
    /** @type {HTMLButtonElement} */
    const button = h(
      "button",
      { type: "button", class: `select-do select-${doing}`, on: { click } },
      icon(name),
      labels.get(doing) ?? "",
    );
    return button;
  });
  const node = h(
    "div",
    { class: "select-bar", role: "toolbar", "aria-label": words.bar, hidden: true },
    why,
    h("div", { class: "select-head" }, close, count, all),
    h("div", { class: "select-doings" }, buttons),
  );

  function stops() {
    return findAll(node, "button", HTMLButtonElement).filter((button) => !button.hidden && !button.disabled);
  }

  /** @param {HTMLElement | undefined} chosen the one that Tab comes to */
  function rove(chosen) {
    for (const button of findAll(node, "button", HTMLButtonElement)) button.tabIndex = button === chosen ? 0 : -1;
  }

  node.addEventListener("focusin", ({ target }) => target instanceof HTMLElement && rove(target));
  node.addEventListener("keydown", (event) => {
    const there = stops();
    const at = there.findIndex((button) => button.matches(":focus"));
    const step = STEPS.get(event.key);
    const to = step ? (at + step + there.length) % there.length : { Home: 0, End: there.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    there[to].focus();
  });

  return {
    node,

    /** @param {Shown} shown */
    draw({ tasks, all: most, isOpen }) {
      node.hidden = !isOpen;
      setText(count, tasks.length > 0 ? words.count(tasks.length) : words.choose);
      setText(all, words.all(most));
      all.hidden = most <= tasks.length;
      const isDone = tasks.length > 0 && tasks.every(({ completed }) => completed);
      setText(/** @type {Node} */ (labels.get("complete")), isDone ? words.reopen : words.complete);
      for (const button of buttons) button.disabled = tasks.length === 0;
      if (!stops().some((button) => button.tabIndex === 0))
        rove(stops().find((button) => buttons.includes(button)) ?? close);
    },

    /**
     * Says what could not be done to those that are still selected; "" takes it away.
     *
     * @param {string[]} lines
     */
    say(lines) {
      why.replaceChildren(...lines.map((line) => h("span", { dir: "auto" }, line)));
      why.hidden = lines.length === 0;
    },

    focus() {
      stops()
        .find((button) => buttons.includes(button))
        ?.focus();
    },

    has: (/** @type {Element | null} */ element) => node.contains(element),
    isOpen: () => !node.hidden,
  };
}
