// One press for a near date of a new task.

import { h } from "../../dom.js";
import { strings } from "../../strings/index.js";

const DAYS = /** @type {[string, number | null][]} */ ([
  [strings.quick.noDate, null],
  [strings.quick.today, 0],
  [strings.quick.tomorrow, 1],
  [strings.quick.inAWeek, 7],
]);

/** The buttons; a day is said as the number of days from today, null for none. */
export function quickDays() {
  const days = DAYS.map(([label, day]) => {
    const radio = h("input", { type: "radio", name: "quick-due", value: day ?? "", checked: day === null });
    return { day, radio, node: h("label", { class: "chip" }, radio, h("span", {}, label)) };
  });
  const node = h(
    "div",
    { class: "chips", role: "radiogroup", "aria-label": strings.quick.due },
    days.map((one) => one.node),
  );
  return {
    node,

    /** The day pressed; none while the buttons are hidden. */
    pressed: () => (node.hidden ? null : (days.find(({ radio }) => radio.checked)?.day ?? null)),

    /** @param {number | null} wanted */
    press(wanted) {
      for (const { day, radio } of days) radio.checked = day === wanted;
    },
  };
}
