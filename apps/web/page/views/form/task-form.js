// The whole of a task in a sheet: to make one, or to change one. What is typed in it is kept until it is saved or
// discarded.

import { h } from "../../dom.js";
import { tagCounts } from "../../domain/tags.js";
import { ApiError, hasStatus } from "../../server/errors.js";
import { strings } from "../../strings/later.js";
import { repeats } from "../list/row.js";
import { showErrors, summaryLine, watchFocus } from "../parts/field.js";
import { openSheet } from "../parts/sheet.js";
import { draftFor, NOTHING, takeAside } from "./form-draft.js";
import { scopeField } from "./scope.js";
import { changes, onlyGiven, ruleDiffers, taskFields } from "./task-fields.js";

/**
 * @import { Clock } from "../../domain/zones.js"
 * @import { Toaster } from "../../notices/toaster.js"
 * @import { Api } from "../../server/api.js"
 * @import { Start } from "../../sheets.js"
 * @import { TaskActions } from "../../state/actions.js"
 * @import { Drafts } from "../../state/drafts.js"
 * @import { Task } from "../../state/tasks.js"
 * @import { Entered } from "./task-fields.js"
 */

/** @type {Start} */
const EMPTY = {
  title: "",
  description: "",
  due_date: null,
  recurrence_pattern: null,
  recurrence_end_date: null,
  reminders: [],
};
const words = { ...strings.form, ...strings.draft };

/**
 * Opens the form.
 *
 * @param {object} needs
 * @param {Api} needs.api
 * @param {TaskActions} needs.actions
 * @param {Drafts} needs.drafts
 * @param {Clock} needs.clock
 * @param {Toaster} needs.toaster
 * @param {Task | null} needs.task one to change, or null for a new one
 * @param {string | null} needs.etag what the task was read at
 * @param {Start} needs.start what a new task begins with
 * @param {Record<"history" | "remove" | "reopen", (task: Task) => void> & {close: () => void, again: () => void}} needs.on
 */
export function openTaskForm({ api, actions, drafts, clock, toaster, task, etag, start, on }) {
  const name = task?.id ?? "new";
  const kept = draftFor(drafts, name, start);
  const base = task ?? { ...EMPTY, ...start, due_all_day: !start.due_date?.includes("T") };
  const shown = kept ? { ...base, ...kept.entered, due_all_day: !kept.entered.due_date?.includes("T") } : base;
  const fields = taskFields({ api, clock, shown, known: tagCounts(actions.store.all()), onClear: changed });
  const scope = task && repeats(task) ? scopeField({ question: words.change }) : null;
  const summary = summaryLine();
  const notice = h("div", { class: "notice", role: "alert", hidden: true });
  const save = h("button", { type: "submit", class: "primary-button" }, task ? words.save : words.add);
  const form = h(
    "form",
    { id: "task-form", novalidate: true, on: { submit: send, input: changed } },
    fields.nodes,
    scope?.node,
  );
  /** The task once it is there: a new one is saved, while more is typed. */
  let current = task;
  // What comes from the line is entered as well, and not saved yet.
  let before = kept?.before ?? (task ? fields.entered() : NOTHING);
  let version = kept ? kept.etag : etag;
  let over = false;
  changed();

  const tools = task
    ? [tool(words.history, "", () => on.history(task)), tool(words.delete, "danger", () => remove(task))]
    : [];
  const sheet = openSheet({
    title: task ? words.editTask : words.newTask,
    body: form,
    footer: [
      notice,
      summary,
      ...tools,
      h("span", { class: "spring" }),
      tool(words.cancel, "cancel", () => sheet.ask()),
      save,
    ],
    toaster,
    mayClose,
    onClose: closed,
  });
  save.setAttribute("form", form.id);
  fields.title.focus();
  // On a phone, a form that is only looked at should not have its keyboard over it.
  if (task && matchMedia("(pointer: coarse)").matches) fields.title.blur();
  if (kept) ask(words.restored, tool(words.discard, "", discard), null);

  function isChanged() {
    return Object.keys(changes(before, fields.entered())).length > 0;
  }

  /** Keeps what is typed, as it is typed. */
  function changed() {
    const entered = fields.entered();
    scope?.withRule(ruleDiffers(before, entered));
    if (isChanged()) drafts.set(name, { before, entered, etag: version });
    else drafts.drop(name);
  }

  function mayClose() {
    if (!isChanged()) return true;
    const keep = tool(words.goOn, "", () => {
      notice.hidden = true;
      fields.title.focus();
    });
    ask(words.unsaved, keep, tool(words.discard, "danger", discard));
    keep.focus();
    return false;
  }

  /**
   * What was typed stays for a task that comes back; of one that goes it is no news.
   *
   * @param {Task} task
   */
  function remove(task) {
    over = true;
    on.remove(task);
  }

  function discard() {
    over = true;
    drafts.drop(name);
    sheet.close();
  }

  function closed() {
    if (!over && drafts.get(name)) tellKept(fields.entered());
    else if (!task) bringBack();
    on.close();
  }

  /** @param {Entered} entered */
  function tellKept({ title }) {
    const actions = [{ label: words.open, run: on.again }];
    toaster.show({ text: words.kept(title || words.newTask), actions, key: "draft", seconds: 8 });
  }

  /** What was begun before this one is next. */
  function bringBack() {
    const aside = takeAside(drafts, name);
    if (aside) tellKept(aside.entered);
  }

  /**
   * Asks something right above the buttons.
   *
   * @param {string} text
   * @param {...(Element | null)} answers
   */
  function ask(text, ...answers) {
    notice.replaceChildren(h("p", {}, text), h("p", { class: "field-row" }, answers));
    notice.hidden = false;
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    const after = fields.entered();
    if (!fields.check(after)) return;
    const isStill = watchFocus();
    save.disabled = true;
    summary.hidden = true;
    notice.hidden = true;
    try {
      await (current ? saveChanges(current, after) : make(after));
      saved(after);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      refused(error, isStill);
    } finally {
      save.disabled = false;
    }
  }

  /**
   * @param {ApiError} error
   * @param {() => boolean} isStill
   */
  function refused(error, isStill) {
    if (hasStatus(error, 412)) return askAboutConflict();
    showErrors(error, fields.fields, summary, isStill);
    if (summary.hidden) say(words.marked);
  }

  /** @param {string} text */
  function say(text) {
    summary.textContent = text;
    summary.hidden = false;
  }

  /**
   * It is saved as `after` says; what has been typed since is not, and stays.
   *
   * @param {Entered} after
   */
  function saved(after) {
    before = after;
    changed();
    if (isChanged()) return say(words.savedMeanwhile);
    over = true;
    sheet.close();
  }

  /** @param {Entered} after */
  async function make(after) {
    current = await actions.create({ ...onlyGiven(after), ...zoneOf(after) });
    version = null;
    save.textContent = words.save;
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
    const how = { scope: scope?.value(), etag: version };
    version = (await actions.edit(task, { ...changed, ...zoneOf(changed) }, how)).etag;
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
      notice.hidden = true;
      form.requestSubmit();
    };
    const takeTheirs = () => {
      discard();
      if (task) on.reopen(task);
    };
    const take = tool(words.takeTheirs, "", takeTheirs);
    ask(words.conflict, take, tool(words.keepMine, "", keepMine));
    take.focus();
  }

  return sheet;
}

/**
 * @param {string} label
 * @param {string} kind
 * @param {() => void} click
 */
function tool(label, kind, click) {
  return h("button", { type: "button", class: `quiet-button ${kind}`, on: { click } }, label);
}
