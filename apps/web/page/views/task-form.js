// The whole of a task in a sheet: to make one, or to change one.

import { h } from "../dom.js";
import { dueFields, dueValue } from "../domain/due.js";
import { tagCounts } from "../domain/tags.js";
import { icon } from "../icons.js";
import { ApiError } from "../server/errors.js";
import { strings } from "../strings/index.js";
import { field, showErrors, summaryLine } from "./field.js";
import { priorityField } from "./priority-field.js";
import { reminderField } from "./reminder-field.js";
import { repeatField } from "./repeat-field.js";
import { repeats } from "./row.js";
import { scopeField } from "./scope.js";
import { openSheet } from "./sheet.js";
import { tagField } from "./tag-field.js";

/**
 * @import { NewTask } from "../../types/chat-api.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Api } from "../server/api.js"
 * @import { Start } from "../sheets.js"
 * @import { TaskActions } from "../state/actions.js"
 * @import { Task } from "../state/tasks.js"
 * @import { Field } from "./field.js"
 * @import { Repeat } from "./repeat-field.js"
 */

/**
 * @typedef {Required<Pick<NewTask, "title" | "description" | "due_date" | "reminders" | "tags" | "priority">> & Repeat} Entered What the form
 *   holds, as the server's fields.
 */

const words = strings.form;
/** @type {Start} */
const EMPTY = {
  title: "",
  description: "",
  due_date: null,
  recurrence_pattern: null,
  recurrence_end_date: null,
  reminders: [],
  tags: [],
  priority: "none",
};

/**
 * Opens the form.
 *
 * @param {object} needs
 * @param {Api} needs.api
 * @param {TaskActions} needs.actions
 * @param {Clock} needs.clock
 * @param {Toaster} needs.toaster
 * @param {Task | null} needs.task one to change, or null for a new one
 * @param {string | null} needs.etag what the task was read at
 * @param {Start} needs.start what a new task begins with
 * @param {Record<"history" | "remove" | "reopen", (task: Task) => void> & {close: () => void}} needs.on
 */
export function openTaskForm({ api, actions, clock, toaster, task, etag, start, on }) {
  /** @type {Start & Pick<Task, "due_all_day">} */
  const shown = task ?? { ...EMPTY, ...start, due_all_day: !start.due_date?.includes("T") };
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
  const clear = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": words.clearDue,
      title: words.clear,
      on: { click: clearDue },
    },
    icon("close"),
  );
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
    tagCounts(actions.store.all()).map(({ tag }) => tag),
  );
  const priority = priorityField(shown.priority ?? "none");
  const scope = task && repeats(task) ? scopeField({ question: words.change }) : null;
  const summary = summaryLine();
  const conflict = h("div", { class: "notice", role: "alert", hidden: true });
  const save = h("button", { type: "submit", class: "primary-button" }, task ? words.save : words.add);
  /** @type {Map<string, Field>} by the server's names */
  const fields = new Map(repeat.fields);
  fields.set("title", title).set("description", description).set("due_date", date).set("reminders", reminders);
  fields.set("tags", tags).set("priority", priority);
  const form = h(
    "form",
    { id: "task-form", novalidate: true, on: { submit: send } },
    conflict,
    title.node,
    description.node,
    date.node,
    repeat.node,
    reminders.node,
    tags.node,
    priority.node,
    scope?.node,
    summary,
  );
  const before = entered();
  let version = etag;
  if (scope) form.addEventListener("input", () => scope.withRule(ruleChanged()));

  const tools = task
    ? [
        h("button", { type: "button", class: "quiet-button", on: { click: () => on.history(task) } }, words.history),
        h(
          "button",
          { type: "button", class: "quiet-button danger", on: { click: () => on.remove(task) } },
          words.delete,
        ),
      ]
    : [];
  const cancel = () => sheet.close();
  const sheet = openSheet({
    title: task ? words.editTask : words.newTask,
    body: form,
    footer: [
      ...tools,
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "quiet-button cancel", on: { click: cancel } }, words.cancel),
      save,
    ],
    toaster,
    onClose: on.close,
  });
  save.setAttribute("form", form.id);
  date.input.addEventListener("input", followDue);
  time.addEventListener("input", followDue);
  followDue();
  title.input.focus();
  // On a phone, a form that is only looked at should not have its keyboard over it.
  if (task && matchMedia("(pointer: coarse)").matches) title.input.blur();

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
    scope?.withRule(ruleChanged());
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

  /** Whether how the task repeats is another way now, or no way any more. */
  function ruleChanged() {
    const after = entered();
    return (
      after.recurrence_pattern !== before.recurrence_pattern || after.recurrence_end_date !== before.recurrence_end_date
    );
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    const after = entered();
    if (!after.title) {
      title.setError(words.titleMissing);
      title.input.focus();
      return;
    }
    const repeating = repeat.chosen();
    if (repeating && !after.due_date) {
      date.setError(words.dueMissing);
      date.input.focus();
      return;
    }
    save.disabled = true;
    try {
      if (task) await saveChanges(task, after);
      else await actions.create({ ...onlyGiven(after), ...zoneOf(after) });
      sheet.close();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 412) askAboutConflict();
      else showErrors(error, fields, summary);
    } finally {
      save.disabled = false;
    }
  }

  /**
   * Sends only what the person changed, so that what another place changed meanwhile stays.
   *
   * @param {Task} task
   * @param {Entered} after
   */
  async function saveChanges(task, after) {
    const changed = changes(before, after);
    if (Object.keys(changed).length === 0) return;
    await actions.edit(task, { ...changed, ...zoneOf(changed) }, { scope: scope?.value(), etag: version });
  }

  /**
   * A repeat keeps the wall clock of the zone it was made in.
   *
   * @param {Partial<Entered>} sent
   */
  function zoneOf(sent) {
    return sent.recurrence_pattern && !shown.recurrence_timezone ? { recurrence_timezone: clock.zone } : {};
  }

  function askAboutConflict() {
    const keepMine = () => {
      version = null;
      conflict.hidden = true;
      form.requestSubmit();
    };
    const takeTheirs = () => {
      sheet.close();
      if (task) on.reopen(task);
    };
    const keep = h("button", { type: "button", class: "quiet-button", on: { click: keepMine } }, words.keepMine);
    const take = h("button", { type: "button", class: "quiet-button", on: { click: takeTheirs } }, words.takeTheirs);
    conflict.replaceChildren(h("p", {}, words.conflict), h("p", { class: "field-row" }, take, keep));
    conflict.hidden = false;
    take.focus();
  }

  return sheet;
}

/**
 * The fields of `after` that are not as in `before`.
 *
 * @param {Entered} before
 * @param {Entered} after
 * @returns {Partial<Entered>}
 */
function changes(before, after) {
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
function onlyGiven(entered) {
  const isGiven = (/** @type {unknown} */ value) => value !== null && !(Array.isArray(value) && value.length === 0);
  const given = Object.entries(entered).filter(([, value]) => isGiven(value));
  return { title: entered.title, ...Object.fromEntries(given) };
}
