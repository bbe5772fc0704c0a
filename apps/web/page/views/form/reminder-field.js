// The part of the task form that chooses reminders: the usual ones to tick, any other to add.

import { findAll, h } from "../../dom.js";
import { offsetLabel, offsetMinutes } from "../../domain/offsets.js";
import { strings } from "../../strings/later.js";
import { fieldGroup } from "../parts/field.js";

const USUAL = ["PT0S", "PT10M", "PT1H", "P1D", "P7D"];
const words = strings.reminderField;
/** @type {[string, (amount: number) => string][]} */
const UNITS = [
  [words.minutes, (amount) => `PT${amount}M`],
  [words.hours, (amount) => `PT${amount}H`],
  [words.days, (amount) => `P${amount}D`],
  [words.weeks, (amount) => `P${amount * 7}D`],
];

/**
 * Chips for reminders; `value()` is a list of ISO offsets.
 *
 * @param {string[]} chosen the offsets that the task has
 */
export function reminderField(chosen) {
  const chips = h("div", { class: "chips" });
  const number = { type: "number", min: 1, max: 999, value: 2, inputmode: "numeric", "aria-label": words.howLong };
  const amount = h("input", number);
  const units = UNITS.map(([name], index) => h("option", { value: index, selected: name === words.hours }, name));
  const unit = h("select", { "aria-label": words.unit }, units);
  const add = h("button", { type: "button", class: "quiet-button", on: { click: addOther } }, words.add);
  const other = h(
    "details",
    { class: "other-reminder" },
    h("summary", {}, words.other),
    h("div", { class: "field-row" }, amount, unit, h("span", {}, words.before), add),
  );
  const group = fieldGroup({ legend: words.legend, children: [chips, other] });

  function boxes() {
    return findAll(chips, "input", HTMLInputElement);
  }

  /**
   * @param {string} offset
   * @param {boolean} checked
   */
  function addChip(offset, checked) {
    const minutes = offsetMinutes(offset);
    const same = boxes().find((box) => offsetMinutes(box.value) === minutes);
    if (same) {
      same.checked ||= checked;
      if (checked) same.value = offset;
      return;
    }
    const box = h("input", { type: "checkbox", value: offset, checked });
    const chip = h("label", { class: "chip" }, box, h("span", {}, offsetLabel(offset)));
    const next = boxes().find((box) => (offsetMinutes(box.value) ?? 0) > (minutes ?? 0));
    chips.insertBefore(chip, next?.closest(".chip") ?? null);
  }

  function addOther() {
    const length = Number.parseInt(amount.value, 10);
    if (!(length >= 1)) {
      amount.focus();
      return;
    }
    const [, offsetOf] = UNITS[Number(unit.value)];
    addChip(offsetOf(length), true);
    other.open = false;
  }

  amount.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    addOther();
  });
  for (const offset of USUAL) addChip(offset, false);
  for (const offset of chosen) addChip(offset, true);
  return {
    node: group.node,
    setError: group.setError,
    value: () =>
      boxes()
        .filter((box) => box.checked)
        .map((box) => box.value),
  };
}
