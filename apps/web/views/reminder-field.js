// The part of the task form that chooses reminders: the usual ones to tick, any other to add.

import { h } from "../dom.js";
import { offsetLabel, offsetMinutes } from "../when.js";
import { fieldGroup } from "./field.js";

const USUAL = ["PT0S", "PT10M", "PT1H", "P1D", "P7D"];
const UNITS = [
  ["minutes", (amount) => `PT${amount}M`],
  ["hours", (amount) => `PT${amount}H`],
  ["days", (amount) => `P${amount}D`],
  ["weeks", (amount) => `P${amount * 7}D`],
];

/** Returns `{node, setError, value()}`, the value a list of ISO offsets. */
export function reminderField({ task }) {
  const chips = h("div", { class: "chips" });
  const amount = h("input", { type: "number", min: 1, max: 999, value: 2, inputmode: "numeric", "aria-label": "How long before" });
  const unit = h("select", { "aria-label": "Unit" }, UNITS.map(([name], index) => h("option", { value: index, selected: name === "hours" }, name)));
  const add = h("button", { type: "button", class: "quiet-button", on: { click: addOther } }, "Add");
  const other = h("details", { class: "other-reminder" }, h("summary", {}, "Another time"), h("div", { class: "field-row" }, amount, unit, h("span", {}, "before"), add));
  const group = fieldGroup({ legend: "Remind me", children: [chips, other] });

  function boxes() {
    return [...chips.querySelectorAll("input")];
  }

  function addChip(offset, checked) {
    const same = boxes().find((box) => offsetMinutes(box.value) === offsetMinutes(offset));
    if (same) {
      same.checked ||= checked;
      if (checked) same.value = offset;
      return;
    }
    const chip = h("label", { class: "chip" }, h("input", { type: "checkbox", value: offset, checked }), h("span", {}, offsetLabel(offset)));
    const next = boxes().find((box) => offsetMinutes(box.value) > offsetMinutes(offset));
    chips.insertBefore(chip, next?.closest(".chip") ?? null);
  }

  function addOther() {
    const number = Number.parseInt(amount.value, 10);
    if (!(number >= 1)) {
      amount.focus();
      return;
    }
    addChip(UNITS[Number(unit.value)][1](number), true);
    other.open = false;
  }

  amount.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    addOther();
  });
  for (const offset of USUAL) addChip(offset, false);
  for (const offset of task.reminders ?? []) addChip(offset, true);
  return {
    node: group.node,
    setError: group.setError,
    value: () => boxes().filter((box) => box.checked).map((box) => box.value),
  };
}
