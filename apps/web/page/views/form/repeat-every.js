// "Every so many days, weeks, months or years", as fields of the task form.

import { h } from "../../dom.js";
import { MOST } from "../../domain/repeat-choice.js";
import { WEEKDAYS } from "../../domain/repeat-words.js";
import { strings } from "../../strings/later.js";
import { firstDayOfWeek } from "../../strings/locale.js";
import { fieldGroup } from "../parts/field.js";
import { select } from "./repeat-parts.js";

/**
 * @import { Choice, InMonth } from "../../domain/repeat-choice.js"
 * @import { Unit } from "../../domain/repeat-rule.js"
 */

/** @typedef {Pick<Choice, "every" | "unit" | "days" | "inMonth" | "date" | "nth" | "day">} Every */

const words = strings.repeatField;
const NTH = [1, 2, 3, 4, 5, -1];

/**
 * The fields: `put` fills them in, `value` is what they hold, `lacks` says in words what is missing in them.
 *
 * @param {Every} begin
 */
export function everyFields(begin) {
  const number = (/** @type {string} */ label, /** @type {number} */ most) =>
    h("input", { type: "number", required: true, min: 1, max: most, inputmode: "numeric", "aria-label": label });
  const every = number(words.howMany, MOST.day);
  const unit = h("select", { "aria-label": words.unit });
  const days = weekdaysInOrder().map(([value, label, short]) => {
    const input = h("input", { type: "checkbox", value });
    const shown = h("span", { "aria-hidden": "true" }, short.slice(0, 2));
    const named = h("span", {}, shown, h("span", { class: "visually-hidden" }, label));
    return { value, input, node: h("label", { class: "chip" }, input, named) };
  });
  const chips = days.map(({ node }) => node);
  const onDays = h("div", { class: "chips weekdays", role: "group", "aria-label": words.on }, chips);
  const inMonth = select(Object.entries(words.inMonth), "");
  inMonth.setAttribute("aria-label", words.on);
  const date = number(words.date, 31);
  const names = strings.repeats.nth;
  const nth = select(
    NTH.map((one) => [String(one), names[Math.max(0, one)]]),
    "",
  );
  nth.setAttribute("aria-label", words.which);
  const day = select(
    weekdaysInOrder().map(([value, label]) => [value, label]),
    "",
  );
  day.setAttribute("aria-label", words.weekday);
  const shorter = h("p", { class: "field-hint" }, words.shorterMonth);
  const onDate = h("div", { class: "field-row repeat-month" }, inMonth, date, nth, day);
  const { node, setError } = fieldGroup({
    legend: words.every,
    children: [h("div", { class: "field-row" }, every, unit), onDays, onDate, shorter],
    class: "repeat-part",
  });
  node.addEventListener("input", show);
  put(begin);

  /** @param {Every} choice */
  function put(choice) {
    every.value = String(choice.every);
    drawUnits(choice.every, choice.unit);
    for (const { value, input } of days) input.checked = choice.days.includes(value);
    inMonth.value = choice.inMonth;
    date.value = String(choice.date);
    nth.value = String(choice.nth);
    day.value = choice.day;
    show();
  }

  /**
   * The units, in the form that goes with their number.
   *
   * @param {number} count
   * @param {string} chosen
   */
  function drawUnits(count, chosen) {
    const options = Object.entries(words.units).map(([value, name]) =>
      h("option", { value, selected: value === chosen }, name(count)),
    );
    unit.replaceChildren(...options);
  }

  function show() {
    drawUnits(Number(every.value), unit.value);
    every.max = String(MOST[/** @type {Unit} */ (unit.value)]);
    onDays.hidden = unit.value !== "week";
    onDate.hidden = unit.value !== "month";
    date.hidden = inMonth.value !== "date";
    nth.hidden = inMonth.value !== "nth";
    day.hidden = nth.hidden;
    shorter.hidden = onDate.hidden || date.hidden || Number(date.value) < 29;
  }

  /** @returns {Every} */
  function value() {
    return {
      every: Number.parseInt(every.value, 10) || 1,
      unit: /** @type {Unit} */ (unit.value),
      days: days.filter(({ input }) => input.checked).map(({ input }) => input.value),
      inMonth: /** @type {InMonth} */ (inMonth.value),
      date: Number.parseInt(date.value, 10) || 1,
      nth: Number(nth.value),
      day: day.value,
    };
  }

  /** What of it cannot be sent, and where that is. */
  function wrong() {
    if (!every.validity.valid) return { text: strings.repeating.between(1, Number(every.max)), input: every };
    if (!onDays.hidden && value().days.length === 0)
      return { text: strings.repeating.chooseDays, input: days[0].input };
    if (!onDate.hidden && !date.hidden && !date.validity.valid)
      return { text: strings.repeating.between(1, 31), input: date };
    return null;
  }

  const about = {
    node,
    setError,
    get input() {
      return wrong()?.input ?? every;
    },
  };
  return { about, put, value, lacks: () => wrong()?.text ?? "" };
}

/** The days of the week in the order of the person's weeks. */
export function weekdaysInOrder(first = firstDayOfWeek()) {
  return [...WEEKDAYS.slice(first - 1), ...WEEKDAYS.slice(0, first - 1)];
}
