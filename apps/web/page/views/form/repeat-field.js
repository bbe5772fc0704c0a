// The part of the task form that says how a task repeats, in words and with its next dates as one chooses.

import { h } from "../../dom.js";
import { choiceOf, everyOf, patternOf, presetsFor } from "../../domain/repeat-choice.js";
import { patternLabel } from "../../domain/repeat-words.js";
import { today } from "../../domain/zones.js";
import { ApiError } from "../../server/errors.js";
import { strings } from "../../strings/later.js";
import { field, focusable } from "../parts/field.js";
import { everyFields } from "./repeat-every.js";
import { nextDates, nextOnes, presetLabel, select } from "./repeat-parts.js";

/**
 * @import { NewTask, TaskView } from "../../../types/chat-api.js"
 * @import { Choice, Kind } from "../../domain/repeat-choice.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Api } from "../../server/api.js"
 * @import { Field } from "../parts/field.js"
 */

/** @typedef {NonNullable<NewTask["recurrence_mode"]>} Mode */
/** @typedef {Pick<NewTask, "recurrence_pattern" | "recurrence_end_date"> & {recurrence_mode?: Mode}} Repeat */

const words = strings.repeatField;
/** @type {[Mode, string][]} */
const MODES = [
  ["fixed", words.fixed],
  ["after_completion", words.afterCompletion],
];
const EXAMPLE = "FREQ=MONTHLY;BYDAY=2TU";
const TYPING_PAUSE = 250;

/**
 * Fields for a pattern and its end. Of what it returns, `fields` are by the server's names, `value()` is what to send:
 * the pattern that was there, as it was written, until another one is chosen.
 *
 * @param {object} needs
 * @param {Api} needs.api
 * @param {Clock} needs.clock
 * @param {Partial<NewTask> & Partial<Pick<TaskView, "occurrence_date" | "rrule">>} needs.task
 * @param {() => {date: string, value: string | null}} needs.due the local date, and the due date as the server reads it
 */
export function repeatField({ api, clock, task, due }) {
  const original = task.recurrence_pattern ?? "";
  let touched = false;
  let { date } = due();
  const began = task.occurrence_date ?? date;
  const first = originalChoice();
  const kind = field({ label: words.label, input: h("select", {}) });
  const every = everyFields(first);
  const rule = field({
    label: words.rule,
    input: h("input", {
      type: "text",
      spellcheck: "false",
      autocapitalize: "off",
      placeholder: EXAMPLE,
      maxlength: 500,
    }),
    hint: words.aboutRule(EXAMPLE),
    class: "repeat-part",
  });
  const until = field({
    label: words.until,
    input: h("input", { type: "date", value: task.recurrence_end_date ?? "" }),
    class: "repeat-part narrow",
  });
  const mode = field({
    label: words.mode,
    input: select(MODES, task.recurrence_mode),
    class: "repeat-part",
  });
  const said = h("span", { class: "repeat-said" });
  const next = h("span");
  const shown = h("p", { class: "repeat-preview", "aria-live": "polite", hidden: true }, said, next);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asked = 0;
  put(first);

  /** What the fields show of the pattern that was there. */
  function originalChoice() {
    // Alone these two mean the day that the series began on, which the server knows.
    const isOpen = /^(weekly|monthly)\s*:?\s*$/i.test(original.trim()) && task.rrule;
    return choiceOf(isOpen ? `RRULE:${task.rrule}` : original, date, began);
  }

  /** @param {Choice} choice */
  function put(choice) {
    drawKinds(choice.kind);
    every.put(choice);
    rule.input.value = choice.rule;
    showParts();
  }

  /**
   * What there is to choose from, in words that go with the due date.
   *
   * @param {Kind} chosen
   */
  function drawKinds(chosen) {
    /** @type {[Kind, string][]} */
    const options = [
      ["", words.none],
      ...presetsFor(date).map((one) => /** @type {[Kind, string]} */ ([one, presetLabel(one, date)])),
      ["every", words.everyFew],
      ["custom", words.custom],
    ];
    kind.input.replaceChildren(...select(options, chosen).children);
    kind.input.value = chosen;
  }

  /** @returns {Kind} */
  function chosen() {
    return /** @type {Kind} */ (kind.input.value);
  }

  /** @returns {Choice} */
  function current() {
    return { ...every.value(), kind: chosen(), rule: rule.input.value };
  }

  function pattern() {
    return touched ? patternOf(current(), date) : original;
  }

  /** What the chosen kind still lacks, in words; "" where it can be sent. */
  function lacks() {
    if (!touched) return "";
    if (chosen() === "custom" && !rule.input.value.trim()) return strings.repeating.ruleMissing;
    return chosen() === "every" ? every.lacks() : "";
  }

  function check() {
    const text = lacks();
    if (text) wrong(text);
    return !text;
  }

  function showParts() {
    const none = chosen() === "";
    every.about.node.hidden = chosen() !== "every";
    rule.node.hidden = chosen() !== "custom";
    for (const { node } of [until, mode]) node.hidden = none;
    if (none) shown.hidden = true;
  }

  /**
   * Another kind is chosen: "every so many" goes on from what it was.
   *
   * @param {string} before the pattern
   */
  function chooseKind(before) {
    if (chosen() === "every") every.put(everyOf(before, date));
  }

  /** The due date may have changed: what goes by it follows, what was there before stays what it was. */
  function followDue() {
    const now = due().date;
    if (now === date) return;
    const before = pattern();
    date = now;
    if (!touched) put(originalChoice());
    else if (presetsFor(date).includes(chosen()) || ["", "every", "custom"].includes(chosen())) drawKinds(chosen());
    else put(choiceOf(before, date));
  }

  function refresh() {
    followDue();
    showParts();
    clearTimeout(timer);
    timer = setTimeout(ask, TYPING_PAUSE);
  }

  async function ask() {
    asked += 1;
    const turn = asked;
    const missing = lacks();
    // A rule is not missing before anything is written.
    if (missing && chosen() !== "custom") wrong(missing);
    const text = missing ? "" : pattern();
    if (!text || !date) return say(text ? words.chooseDue : "");
    await preview(text, () => turn === asked);
  }

  /**
   * Shows the next dates, unless they are of what is no longer chosen.
   *
   * @param {string} text
   * @param {() => boolean} isStill
   */
  async function preview(text, isStill) {
    try {
      const timezone = task.recurrence_timezone ?? clock.zone;
      const of = { pattern: text, timezone, start: due().value, end_date: until.input.value };
      const items = await nextOnes(api, of);
      if (!isStill()) return;
      wrong();
      until.setError();
      say(nextDates(items, today(clock.now(), clock.zone)), text);
    } catch (error) {
      if (isStill()) refused(error);
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
   * @param {string} text
   * @param {string} [spoken] a pattern; of presets the list has the words already
   */
  function say(text, spoken = "") {
    said.textContent = ["every", "custom"].includes(chosen()) ? patternLabel(spoken, due().date) : "";
    next.textContent = text;
    shown.hidden = chosen() === "" || !(text || said.textContent);
  }

  /**
   * What is wrong with the pattern stands at the part in which it was entered.
   *
   * @param {string} [text]
   */
  function wrong(text) {
    for (const part of [kind, rule, every.about]) part.setError();
    entered().setError(text);
  }

  /**
   * The part in which the pattern is entered, besides its kind.
   *
   * @returns {Field}
   */
  function entered() {
    if (chosen() === "custom") return rule;
    return chosen() === "every" ? every.about : kind;
  }

  const node = h(
    "div",
    { class: "repeat" },
    kind.node,
    every.about.node,
    rule.node,
    h("div", { class: "repeat-pair" }, mode.node, until.node),
    shown,
  );
  let before = original;
  for (const part of [kind.node, every.about.node, rule.node])
    part.addEventListener("input", (event) => {
      touched = true;
      if (event.target === kind.input) chooseKind(before);
      before = pattern();
    });
  node.addEventListener("input", () => {
    wrong();
    refresh();
  });
  if (original) refresh();

  /** @returns {Repeat} */
  function value() {
    const text = pattern();
    if (!text) return { recurrence_pattern: null, recurrence_end_date: null };
    const how = /** @type {Mode} */ (mode.input.value);
    return { recurrence_pattern: text, recurrence_end_date: until.input.value || null, recurrence_mode: how };
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
    chosen: () => chosen() !== "",
    check,
    focus: () => focusable(patternField)?.focus(),
    refresh,
  };
}
