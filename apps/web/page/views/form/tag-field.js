// The part of the task form that chooses tags: those the task has and others in use to tick, any other to add.

import { findAll, h } from "../../dom.js";
import { tagKey } from "../../domain/tags.js";
import { strings } from "../../strings/later.js";
import { fieldGroup } from "../parts/field.js";

const words = strings.form;
const OFFERED = 12;

/**
 * Chips for tags; `value()` is the list of those that are ticked.
 *
 * @param {string[]} chosen the tags that the task has
 * @param {string[]} known others, that are offered
 */
export function tagField(chosen, known) {
  const chips = h("div", { class: "chips" });
  const input = h("input", { type: "text", maxlength: 60, "aria-label": words.newTag, autocomplete: "off" });
  input.setAttribute("dir", "auto");
  const add = h("button", { type: "button", class: "quiet-button", on: { click: addTyped } }, words.addTag);
  const other = h("div", { class: "field-row" }, input, add);
  const group = fieldGroup({ legend: words.tags, children: [chips, other] });

  function boxes() {
    return findAll(chips, "input", HTMLInputElement);
  }

  /**
   * @param {string} tag
   * @param {boolean} checked
   */
  function addChip(tag, checked) {
    const same = boxes().find((box) => tagKey(box.value) === tagKey(tag));
    if (same) same.checked ||= checked;
    else
      chips.append(
        h(
          "label",
          { class: "chip" },
          h("input", { type: "checkbox", value: tag, checked }),
          h("span", {}, h("bdi", {}, tag)),
        ),
      );
    chips.hidden = false;
  }

  function addTyped() {
    const tag = input.value.trim().replace(/^#+\s*/, "");
    if (tag) addChip(tag, true);
    input.value = "";
    input.focus();
  }

  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !input.value.trim()) return;
    event.preventDefault();
    addTyped();
  });
  chips.hidden = true;
  for (const tag of chosen) addChip(tag, true);
  for (const tag of known.slice(0, OFFERED)) addChip(tag, false);
  return {
    node: group.node,
    setError: group.setError,
    value() {
      const typed = input.value.trim();
      const ticked = boxes().filter((box) => box.checked);
      return [...ticked.map((box) => box.value), ...(typed ? [typed] : [])];
    },
  };
}
