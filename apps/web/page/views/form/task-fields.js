// The fields of a task's form: what they begin with, how they hang together, and what they hold.

import { h } from "../../dom.js";
import { dueFields, dueValue } from "../../domain/due.js";
import { icon } from "../../icons.js";
import { strings } from "../../strings/later.js";
import { field } from "../parts/field.js";
import { priorityField } from "./priority-field.js";
import { reminderField } from "./reminder-field.js";
import { repeatField } from "./repeat-field.js";
import { tagField } from "./tag-field.js";

/**
 * @import { NewTask, TaskView } from "../../../types/chat-api.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Api } from "../../server/api.js"
 * @import { Start } from "../../sheets.js"
 * @import { Field } from "../parts/field.js"
 * @import { Repeat } from "./repeat-field.js"
 */

/**
 * @typedef {Required<Pick<NewTask, "title" | "description" | "due_date" | "reminders" | "tags" | "priority">> & Repeat} Entered
 *   What the form holds, as the server's fields.
 */

const words = strings.form;

/**
 * The fields, for a task or what a new one begins with; `onClear` is called when the due date was taken away.
 *
 * @param {object} needs
 * @param {Api} needs.api
 * @param {Clock} needs.clock
 * @param {Start & Pick<TaskView, "due_all_day">} needs.shown
 * @param {{tag: string}[]} needs.known tags to choose from
 * @param {() => void} needs.onClear
 */
export function taskFields({ api, clock, shown, known, onClear }) {
  const due = dueFields(shown, clock.zone) ?? { date: "", time: "" };
  const title = field({
    label: words.title,
    input: h("input", {
      type: "text",
      required: true,
      maxlength: 255,
      value: shown.title,
      autocomplete: "off",
      dir: "auto",
    }),
  });
  const description = field({
    label: words.description,
    input: h("textarea", { rows: 3, dir: "auto", maxlength: 5000, prop: { value: shown.description ?? "" } }),
  });
  const time = h("input", { type: "time", value: due.time, "aria-label": words.time });
  const clearing = {
    type: "button",
    class: "icon-button",
    "aria-label": words.clearDue,
    title: words.clear,
    on: { click: clearDue },
  };
  const clear = h("button", clearing, icon("close"));
  const date = field({
    label: words.due,
    input: h("input", { type: "date", value: due.date }),
    extra: [time, clear],
    class: "due-field",
  });
  const dueNow = () => ({ date: date.input.value, value: dueValue(date.input.value, time.value, clock.zone) });
  const repeat = repeatField({ api, clock, task: shown, due: dueNow });
  const reminders = reminderField(shown.reminders ?? []);
  const tags = tagField(
    shown.tags ?? [],
    known.map(({ tag }) => tag),
  );
  const priority = priorityField(shown.priority ?? "none");
  /** @type {Map<string, Field>} by the server's names */
  const fields = new Map(repeat.fields);
  fields.set("tags", tags).set("priority", priority);
  fields.set("title", title).set("description", description).set("due_date", date).set("reminders", reminders);
  date.input.addEventListener("input", followDue);
  time.addEventListener("input", followDue);

  /** A time, a repeat and reminders all hang on a date. */
  function followDue() {
    const none = date.input.value === "";
    time.disabled = none;
    clear.hidden = none;
    reminders.node.disabled = none;
    repeat.refresh();
  }

  function clearDue() {
    date.input.value = "";
    time.value = "";
    followDue();
    onClear();
    date.input.focus();
  }

  /**
   * The form as the server's fields.
   *
   * @returns {Entered}
   */
  function entered() {
    const { value } = dueNow();
    return {
      title: title.input.value.trim(),
      description: description.input.value.trim() || null,
      due_date: value,
      ...(value ? repeat.value() : { recurrence_pattern: null, recurrence_end_date: null }),
      reminders: value ? reminders.value() : [],
      tags: tags.value(),
      priority: priority.value(),
    };
  }

  /**
   * Whether what is entered can be sent; else it is said where it is wrong.
   *
   * @param {Entered} now
   */
  function check(now) {
    if (!now.title) return refuse(title, words.titleMissing);
    if (repeat.chosen() && !now.due_date) return refuse(date, words.dueMissing);
    if (repeat.check()) return true;
    repeat.focus();
    return false;
  }

  followDue();
  return {
    nodes: [title.node, description.node, date.node, repeat.node, reminders.node, tags.node, priority.node],
    fields,
    title: title.input,
    entered,
    check,
  };
}

/**
 * @param {Field & {input: HTMLElement}} about
 * @param {string} text
 */
function refuse({ input, setError }, text) {
  setError(text);
  input.focus();
  return false;
}

/**
 * Whether how a task repeats differs.
 *
 * @param {Entered} before
 * @param {Entered} after
 */
export function ruleDiffers(before, after) {
  return (
    after.recurrence_pattern !== before.recurrence_pattern || after.recurrence_end_date !== before.recurrence_end_date
  );
}

/**
 * The fields of `after` that are not as in `before`.
 *
 * @param {Entered} before
 * @param {Entered} after
 * @returns {Partial<Entered>}
 */
export function changes(before, after) {
  /** @type {Map<string, unknown>} */
  const old = new Map(Object.entries(before));
  const entries = Object.entries(after);
  return Object.fromEntries(entries.filter(([name, now]) => JSON.stringify(now) !== JSON.stringify(old.get(name))));
}

/**
 * What was entered without what was left empty.
 *
 * @param {Entered} entered
 * @returns {NewTask}
 */
export function onlyGiven(entered) {
  const isGiven = (/** @type {unknown} */ value) => value !== null && !(Array.isArray(value) && value.length === 0);
  const given = Object.entries(entered).filter(([, value]) => isGiven(value));
  return { title: entered.title, ...Object.fromEntries(given) };
}
