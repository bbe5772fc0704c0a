// The part of the task form that chooses how much the task matters.

import { h } from "../../dom.js";
import { strings } from "../../strings/later.js";
import { field } from "../parts/field.js";

/** @type {["none", "low", "medium", "high"]} */
const PRIORITIES = ["none", "low", "medium", "high"];
const words = strings.form;

/**
 * A select of the priorities; `value()` is the server's word.
 *
 * @param {string} given what the task has
 */
export function priorityField(given) {
  const options = PRIORITIES.map((name) =>
    h("option", { value: name, selected: name === given }, words.priorityNames[name]),
  );
  const select = h("select", {}, options);
  const made = field({ label: words.priority, input: select });
  return { ...made, value: () => PRIORITIES.find((name) => name === select.value) ?? "none" };
}
