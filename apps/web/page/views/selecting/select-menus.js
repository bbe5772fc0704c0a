// The menus of the bar: which priority the selected tasks get, and which tags.

import { h, setAttribute } from "../../dom.js";
import { priorityLabel } from "../../domain/labels.js";
import { hasTag, tagCounts, tagKey } from "../../domain/tags.js";
import { icon } from "../../icons.js";
import { strings } from "../../strings/later.js";
import { openBeside } from "../parts/popover.js";

const words = strings.select;

/**
 * @import { Priority } from "../../state/actions.js"
 * @import { Task } from "../../state/tasks.js"
 */

/** @type {Priority[]} */
const PRIORITIES = ["high", "medium", "low", "none"];
const MOST_TAGS = 12;

/**
 * @param {{beside: HTMLElement, onChoose: (priority: Priority) => void}} needs
 */
export function openPriority({ beside, onChoose }) {
  const menu = h(
    "div",
    { class: "menu", popover: "auto", role: "group", "aria-label": words.priority },
    PRIORITIES.map((name) => {
      const click = () => {
        menu.hidePopover();
        onChoose(name);
      };
      const flag = h("span", { class: `priority-${name}` }, icon("flag"));
      return h("button", { type: "button", class: "with-icon", on: { click } }, flag, priorityLabel(name));
    }),
  );
  openBeside(menu, beside);
}

/**
 * The tags in use, most used first; `onChoose` is told the tag, and whether all the tasks are to have it, or none.
 *
 * @param {object} needs
 * @param {HTMLElement} needs.beside
 * @param {Task[]} needs.tasks the selected ones
 * @param {Task[]} needs.known all there are
 * @param {(tag: string, has: boolean) => void} needs.onChoose
 */
export function openTags({ beside, tasks, known, onChoose }) {
  const choose = (/** @type {string} */ tag, /** @type {boolean} */ has) => {
    menu.hidePopover();
    onChoose(tag, has);
  };
  const theirs = tagCounts(tasks);
  const others = tagCounts(known).filter(({ key }) => !theirs.some((one) => one.key === key));
  const entries = [...theirs, ...others].slice(0, MOST_TAGS).map(({ key, tag }) => {
    const having = tasks.filter((task) => hasTag(task, key)).length;
    const state = having === tasks.length ? "true" : having > 0 ? "mixed" : "false";
    const click = () => choose(tag, state !== "true");
    const button = h("button", { type: "button", class: "with-icon", on: { click } }, icon("tag"), h("bdi", {}, tag));
    setAttribute(button, "aria-pressed", state);
    return button;
  });
  const input = h("input", {
    type: "text",
    maxlength: 60,
    dir: "auto",
    autocomplete: "off",
    "aria-label": words.newTag,
    placeholder: words.newTag,
  });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const typed = input.value.trim().replace(/^#+\s*/, "");
    const same = [...theirs, ...others].find(({ key }) => key === tagKey(typed));
    if (typed) choose(same?.tag ?? typed, true);
    else input.focus();
  };
  const add = h("button", { type: "submit", class: "quiet-button" }, words.add);
  const menu = h(
    "div",
    { class: "menu tag-menu", popover: "auto", role: "group", "aria-label": words.tags },
    entries,
    h("form", { class: "field-row", on: { submit } }, input, add),
  );
  openBeside(menu, beside);
}
