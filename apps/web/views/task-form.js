// The whole of a task in a sheet: to make one, or to change one.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { repeats } from "./row.js";
import { dueFields, dueValue } from "../when.js";
import { field, showErrors, summaryLine } from "./field.js";
import { reminderField } from "./reminder-field.js";
import { repeatField } from "./repeat-field.js";
import { scopeField } from "./scope.js";
import { openSheet } from "./sheet.js";

const EMPTY = { title: "", description: "", due_date: null, due_all_day: null, recurrence_pattern: null, recurrence_end_date: null, reminders: [] };

/**
 * Opens the form. `task` is one to change (with the `etag` it was read at), or null; `start` what a new one begins
 * with. `on` has `history(task)`, `remove(task)` and `close()`.
 */
export function openTaskForm({ app, task = null, etag = null, start = {}, on }) {
  const shown = task ?? { ...EMPTY, ...start, due_all_day: start.due_date ? true : null };
  const due = dueFields(shown, app.zone) ?? { date: "", time: "" };
  const title = field({ label: "Title", input: h("input", { type: "text", required: true, maxlength: 255, value: shown.title, autocomplete: "off" }) });
  const description = field({ label: "Description", input: h("textarea", { rows: 3, maxlength: 5000, prop: { value: shown.description ?? "" } }) });
  const time = h("input", { type: "time", value: due.time, "aria-label": "Time (leave empty for all day)" });
  const clear = h("button", { type: "button", class: "icon-button", "aria-label": "Clear the due date", title: "Clear", on: { click: clearDue } }, icon("close"));
  const date = field({ label: "Due date", input: h("input", { type: "date", value: due.date }), extra: [time, clear], class: "due-field" });
  const dueNow = () => ({ date: date.input.value, value: dueValue(date.input.value, time.value, app.zone) });
  const repeat = repeatField({ app, task: shown, due: dueNow });
  const reminders = reminderField({ task: shown });
  const scope = task && repeats(task) ? scopeField({ question: "Change" }) : null;
  const summary = summaryLine();
  const conflict = h("div", { class: "notice", role: "alert", hidden: true });
  const save = h("button", { type: "submit", class: "primary-button" }, task ? "Save" : "Add task");
  const fields = new Map([["title", title], ["description", description], ["due_date", date], ["reminders", reminders], ...repeat.fields]);
  const form = h(
    "form",
    { id: "task-form", novalidate: true, on: { submit: send } },
    conflict,
    title.node,
    description.node,
    date.node,
    repeat.node,
    reminders.node,
    scope?.node,
    summary,
  );
  const before = { ...entered(), completed: undefined };
  let version = etag;
  if (scope) form.addEventListener("input", () => scope.withRule(ruleChanged()));

  const tools = task
    ? [
        h("button", { type: "button", class: "quiet-button", on: { click: () => on.history(task) } }, "History"),
        h("button", { type: "button", class: "quiet-button danger", on: { click: () => on.remove(task) } }, "Delete"),
      ]
    : [];
  const sheet = openSheet({
    title: task ? "Edit task" : "New task",
    body: form,
    footer: [...tools, h("span", { class: "spring" }), h("button", { type: "button", class: "quiet-button cancel", on: { click: () => sheet.close() } }, "Cancel"), save],
    toaster: app.toaster,
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

  /** The form as the server's fields. */
  function entered() {
    const value = dueNow().value;
    return {
      title: title.input.value.trim(),
      description: description.input.value.trim() || null,
      due_date: value,
      ...(value ? repeat.value() : { recurrence_pattern: null, recurrence_end_date: null }),
      reminders: value ? reminders.value() : [],
    };
  }

  /** Only what the person changed, so that what another place changed meanwhile stays. */
  function changes(after) {
    return Object.fromEntries(Object.entries(after).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name])));
  }

  /** Whether how the task repeats is another way now, or no way any more. */
  function ruleChanged() {
    const after = entered();
    return ["recurrence_pattern", "recurrence_end_date"].some((name) => after[name] !== before[name]);
  }

  async function send(event) {
    event.preventDefault();
    const after = entered();
    if (!after.title) {
      title.setError("Give the task a title.");
      title.input.focus();
      return;
    }
    const repeating = repeat.chosen();
    if (repeating && !after.due_date) {
      date.setError("A task that repeats needs a due date to begin with.");
      date.input.focus();
      return;
    }
    save.disabled = true;
    try {
      if (task) await saveChanges(after);
      else await app.actions.create(withZone(onlyGiven(after)));
      sheet.close();
    } catch (error) {
      if (error.name !== "ApiError") throw error;
      if (error.status === 412) askAboutConflict();
      else showErrors(error, fields, summary);
    } finally {
      save.disabled = false;
    }
  }

  async function saveChanges(after) {
    const changed = changes(after);
    if (Object.keys(changed).length === 0) return;
    await app.actions.change(task.id, withZone(changed), { scope: scope?.value(), etag: version });
  }

  /** A repeat keeps the wall clock of the zone it was made in. */
  function withZone(body) {
    return body.recurrence_pattern && !shown.recurrence_timezone ? { ...body, recurrence_timezone: app.zone } : body;
  }

  function askAboutConflict() {
    const keep = h("button", { type: "button", class: "quiet-button", on: { click: () => { version = null; conflict.hidden = true; form.requestSubmit(); } } }, "Save mine anyway");
    const take = h("button", { type: "button", class: "quiet-button", on: { click: () => { sheet.close(); on.reopen(task); } } }, "Show the new one");
    conflict.replaceChildren(h("p", {}, "This task was changed in another place while you were editing."), h("p", { class: "field-row" }, take, keep));
    conflict.hidden = false;
    take.focus();
  }

  return sheet;
}

function onlyGiven(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)));
}
