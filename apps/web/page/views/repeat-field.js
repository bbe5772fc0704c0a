// The part of the task form that says how a task repeats, with its next dates as one chooses.

import { h } from "../dom.js";
import { formatPattern, KINDS, parsePattern, weekdayOf, weekdaysInOrder } from "../domain/repeat.js";
import { today } from "../domain/zones.js";
import { ApiError } from "../server/errors.js";
import { strings } from "../strings/index.js";
import { field, fieldGroup, focusable } from "./field.js";
import { nextDates, SHOWN, select } from "./repeat-parts.js";

/**
 * @import { NewTask, Occurrence, Preview } from "../../types/chat-api.js"
 * @import { Choice, Kind } from "../domain/repeat.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Api } from "../server/api.js"
 * @import { Field } from "./field.js"
 */

/** @typedef {NonNullable<NewTask["recurrence_mode"]>} Mode */
/** @typedef {Pick<NewTask, "recurrence_pattern" | "recurrence_end_date"> & {recurrence_mode?: Mode}} Repeat */

/** @type {[Mode, string][]} */
const MODES = [
  ["fixed", strings.repeatField.fixed],
  ["after_completion", strings.repeatField.afterCompletion],
];
const EXAMPLE = "RRULE:FREQ=MONTHLY;BYDAY=2TU";
const TYPING_PAUSE = 250;

/**
 * Fields for a pattern and its end. Of what it returns, `fields` are by the server's names, `value()` is what to send.
 *
 * @param {object} needs
 * @param {Api} needs.api
 * @param {Clock} needs.clock
 * @param {Partial<NewTask>} needs.task
 * @param {() => {date: string, value: string | null}} needs.due the local date, and the due date as the server reads it
 */
export function repeatField({ api, clock, task, due }) {
  const choice = parsePattern(task.recurrence_pattern);
  const kind = field({ label: strings.repeatField.label, input: select(KINDS, choice.kind) });
  const days = weekdaysInOrder().map(([value, label]) => {
    const input = h("input", { type: "checkbox", value, checked: choice.days.includes(value) });
    const short = h("span", { "aria-hidden": "true" }, label.slice(0, 2));
    const words = h("span", {}, short, h("span", { class: "visually-hidden" }, label));
    return { input, node: h("label", { class: "chip" }, input, words) };
  });
  const daysGroup = fieldGroup({
    legend: strings.repeatField.on,
    children: h(
      "div",
      { class: "chips weekdays" },
      days.map(({ node }) => node),
    ),
    class: "repeat-part",
  });
  const dayOfMonth = field({
    label: strings.repeatField.dayOfMonth,
    input: h("input", { type: "number", min: 1, max: 31, inputmode: "numeric", value: choice.day ?? "" }),
    hint: strings.repeatField.shorterMonth,
    class: "repeat-part narrow",
  });
  const every = field({
    label: strings.repeatField.everyDays,
    input: h("input", { type: "number", required: true, min: 1, max: 999, inputmode: "numeric", value: choice.every }),
    class: "repeat-part narrow",
  });
  const rule = field({
    label: strings.repeatField.rule,
    input: h("input", {
      type: "text",
      value: choice.rule,
      spellcheck: "false",
      autocapitalize: "off",
      placeholder: EXAMPLE,
    }),
    hint: strings.repeatField.aboutRule(EXAMPLE),
    class: "repeat-part",
  });
  const until = field({
    label: strings.repeatField.until,
    input: h("input", { type: "date", value: task.recurrence_end_date ?? "" }),
    class: "repeat-part narrow",
  });
  const mode = field({
    label: strings.repeatField.mode,
    input: select(MODES, task.recurrence_mode),
    class: "repeat-part",
  });
  const preview = h("p", { class: "repeat-preview", "aria-live": "polite" });
  /** @type {Map<string, Field>} by the kind that they belong to */
  const parts = new Map(
    /** @type {[string, Field][]} */ ([
      ["weekly", daysGroup],
      ["monthly", dayOfMonth],
      ["days", every],
      ["custom", rule],
    ]),
  );
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asked = 0;

  /** @returns {Choice} */
  function current() {
    return {
      kind: /** @type {Kind} */ (kind.input.value),
      days: days.filter(({ input }) => input.checked).map(({ input }) => input.value),
      day: Number.parseInt(dayOfMonth.input.value, 10) || null,
      every: Number.parseInt(every.input.value, 10) || 1,
      rule: rule.input.value,
    };
  }

  function pattern() {
    const chosen = current();
    if (chosen.kind === "custom" && chosen.rule.trim() === "") return null;
    return formatPattern(chosen, due().date);
  }

  /** What the chosen kind still lacks, in words; "" where it can be sent. */
  function lacks() {
    const { kind: chosen, days: ticked } = current();
    if (chosen === "weekly" && ticked.length === 0) return strings.repeating.chooseDays;
    const number = { days: every, monthly: dayOfMonth }[String(chosen)];
    if (!number || number.input.validity.valid) return "";
    return strings.repeating.between(1, Number(number.input.max));
  }

  function check() {
    const text = lacks();
    if (text) wrong(text);
    return !text;
  }

  function showParts() {
    const chosen = kind.input.value;
    for (const [name, part] of parts) part.node.hidden = name !== chosen;
    until.node.hidden = chosen === "";
    mode.node.hidden = chosen === "";
    preview.hidden = chosen === "";
  }

  /** Fills in from the due date what was left open, so that the form shows what will be sent. */
  function suggest() {
    const { date } = due();
    if (!date) return;
    if (kind.input.value === "weekly" && current().days.length === 0) {
      for (const { input } of days) input.checked = input.value === weekdayOf(date);
    }
    if (kind.input.value === "monthly" && !dayOfMonth.input.value) {
      dayOfMonth.input.value = String(Number(date.slice(8, 10)));
    }
  }

  function refresh() {
    showParts();
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_PAUSE);
  }

  async function ask() {
    asked += 1;
    const turn = asked;
    const missing = lacks();
    if (missing) {
      say("");
      return wrong(missing);
    }
    const text = pattern();
    const { date, value } = due();
    if (!text || !date) {
      say(text ? strings.repeatField.chooseDue : "");
      return;
    }
    try {
      const items = await nextOnes(text, value);
      if (turn !== asked) return;
      wrong();
      until.setError();
      say(nextDates(items, today(clock.now(), clock.zone)));
    } catch (error) {
      if (turn === asked) refused(error);
    }
  }

  /** @param {unknown} error */
  function refused(error) {
    if (!(error instanceof ApiError)) throw error;
    say("");
    if (error.status !== 422) return;
    until.setError(error.fields.get("end_date"));
    wrong(error.fields.get("pattern"));
  }

  /**
   * The next occurrences, one more than are shown. Raises ApiError.
   *
   * @param {string} pattern
   * @param {string | null} start
   */
  async function nextOnes(pattern, start) {
    const timezone = task.recurrence_timezone ?? clock.zone;
    const query = { pattern, timezone, start, end_date: until.input.value, count: SHOWN + 1 };
    /** @type {Preview} */
    const { items } = await api.json("GET", "/api/v1/recurrence/preview", { query });
    return items;
  }

  /** @param {string} text */
  function say(text) {
    preview.textContent = text;
  }

  /**
   * What is wrong with the pattern stands at the part in which it was entered.
   *
   * @param {string} [text]
   */
  function wrong(text) {
    for (const part of [kind, ...parts.values()]) part.setError();
    entered().setError(text);
  }

  /** The part in which the pattern is entered, besides its kind. */
  function entered() {
    return parts.get(kind.input.value) ?? kind;
  }

  const node = h(
    "div",
    { class: "repeat" },
    kind.node,
    [...parts.values()].map((part) => part.node),
    h("div", { class: "repeat-pair" }, mode.node, until.node),
    preview,
  );
  // What was left open is filled in once, when the kind is chosen: what is taken away after that stays away.
  kind.input.addEventListener("input", suggest);
  node.addEventListener("input", () => {
    wrong();
    refresh();
  });
  showParts();
  if (choice.kind) refresh();

  /** @returns {Repeat} */
  function value() {
    const text = pattern();
    if (!text) return { recurrence_pattern: null, recurrence_end_date: null };
    const chosen = /** @type {Mode} */ (mode.input.value);
    return { recurrence_pattern: text, recurrence_end_date: until.input.value || null, recurrence_mode: chosen };
  }

  /** @type {Field} */
  const patternField = {
    node: kind.node,
    setError: wrong,
    get input() {
      return entered().input ?? kind.input;
    },
  };
  /** @type {[string, Field][]} */
  const fields = [
    ["recurrence_pattern", patternField],
    ["recurrence_end_date", until],
    ["recurrence_mode", mode],
  ];
  return {
    node,
    fields,
    value,
    chosen: () => kind.input.value !== "",
    check,
    focus: () => focusable(patternField)?.focus(),
    refresh,
  };
}
