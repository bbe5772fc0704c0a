// The trash: what was deleted, until when it can be restored, and both ways out of it.

import { find, findAll, h, setText } from "../../dom.js";
import { dueLabel } from "../../domain/due.js";
import { dayLabel, fullLabel, timeLabel, withinSentence } from "../../domain/labels.js";
import { ApiError, hasStatus } from "../../server/errors.js";
import { daysKept } from "../../state/trash.js";
import { strings } from "../../strings/later.js";
import { endButton } from "../account/entries.js";
import { summaryLine } from "../parts/field.js";
import { pages } from "../parts/pages.js";
import { openSheet } from "../parts/sheet.js";

/**
 * @import { DeletedTask } from "../../../types/chat-api.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Toaster } from "../../notices/toaster.js"
 * @import { Trash } from "../../state/trash.js"
 */

/**
 * @typedef {object} Needs
 * @property {Trash} trash
 * @property {Clock} clock
 * @property {Toaster} toaster
 * @property {(path: string) => void} go
 * @property {() => void} onClose
 */

const SEARCH_PAUSE = 250;
const words = strings.trash;

/**
 * Opens it, its first page on the way.
 *
 * @param {Needs} needs
 */
export function openTrash({ trash, clock, toaster, go, onClose }) {
  const list = h("ul", { class: "entries" });
  const { status, more, say, failed, begin, stop } = pages({
    ask: (path, signal) => trash.page(path, signal),
    show: ({ items, anew }) => {
      if (anew) list.replaceChildren();
      list.append(...items.map(entry));
      settle();
    },
    words,
  });
  const search = h("input", {
    type: "search",
    class: "trash-search",
    placeholder: words.search,
    "aria-label": words.search,
    maxlength: 200,
    autocomplete: "off",
    on: { input: searched },
  });
  const empty = h(
    "button",
    { type: "button", class: "quiet-button danger", disabled: true, on: { click: askEmpty } },
    words.empty,
  );
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const sheet = openSheet({
    title: words.title,
    body: [h("p", { class: "intro" }, words.intro), search, status, list, more],
    footer: [h("span", { class: "spring" }), empty],
    toaster,
    onClose: () => {
      clearTimeout(timer);
      stop();
      onClose();
    },
  });

  function searched() {
    clearTimeout(timer);
    timer = setTimeout(() => begin(trash.pathOf(search.value.trim())), SEARCH_PAUSE);
  }

  /** Says what there is to say of the list as it is. */
  function settle() {
    const none = list.childElementCount === 0;
    say(none ? (search.value.trim() ? words.nothingFound : words.nothing) : "");
    empty.disabled = none && !search.value.trim();
  }

  /**
   * @param {DeletedTask} item
   * @returns {HTMLElement}
   */
  function entry(item) {
    const { task, deleted_at, together } = item;
    const deleted = new Date(deleted_at);
    const when = strings.dates.at(withinSentence(dayLabel(deleted_at, clock)), timeLabel(deleted, clock.zone));
    const due = task.due_date ? dueLabel(task, clock.now(), clock.zone) : "";
    const details = [
      words.deleted(when, daysKept(item, clock.now())),
      [due && words.due(withinSentence(due)), task.completed && words.done].filter(Boolean).join(" · "),
    ];
    /** @type {HTMLElement} */
    const row = h(
      "li",
      { class: "entry trash-entry", data: { id: task.id, deletion: deleted_at } },
      h(
        "div",
        { class: "entry-text" },
        h("p", { class: "entry-name", dir: "auto" }, task.title),
        details
          .filter(Boolean)
          .map((detail, place) =>
            h("p", { class: "entry-detail", title: place === 0 ? fullLabel(deleted, clock.zone) : null }, detail),
          ),
      ),
      h(
        "div",
        { class: "entry-actions" },
        button(words.restore, words.restoreIt(task.title), () => restore(row, task.title, false)),
        together > 1
          ? button(words.restoreAll(together), words.restoreAllOf(together, task.title), () =>
              restore(row, task.title, true),
            )
          : null,
        button(words.history, words.historyOf(task.title), async () => go(`/task/${task.id}/history`)),
        endButton({ end: words.remove, sure: words.sure, name: task.title, run: () => remove(row) }),
      ),
    );
    return row;
  }

  /**
   * @param {HTMLElement} row
   * @param {string} title
   * @param {boolean} together
   */
  async function restore(row, title, together) {
    const { id = "", deletion } = row.dataset;
    try {
      await trash.restore(id, { together });
    } catch (error) {
      if (!hasStatus(error, 404)) return failed(error);
      say(words.gone);
      return leave([row]);
    }
    leave(together ? findAll(list, ".entry", HTMLElement).filter((one) => one.dataset.deletion === deletion) : [row]);
    toaster.show({
      text: words.restored(title),
      actions: [{ label: words.show, run: () => go(`/task/${id}`) }],
    });
  }

  /** @param {HTMLElement} row */
  async function remove(row) {
    try {
      await trash.remove(row.dataset.id ?? "");
    } catch (error) {
      if (!hasStatus(error, 404)) return failed(error);
    }
    leave([row]);
  }

  /**
   * Takes rows away; the focus goes to what is beside them.
   *
   * @param {HTMLElement[]} rows
   */
  function leave(rows) {
    const [first] = rows;
    let beside = first.nextElementSibling;
    while (beside instanceof HTMLElement && rows.includes(beside)) beside = beside.nextElementSibling;
    beside ??= first.previousElementSibling;
    for (const row of rows) row.remove();
    settle();
    const target = beside && find(beside, "button", HTMLElement);
    if (target) target.focus();
    else if (status.hidden) search.focus();
    else status.focus();
  }

  function askEmpty() {
    const summary = summaryLine();
    const confirm = h(
      "button",
      { type: "button", class: "primary-button danger", on: { click: send } },
      words.emptyConfirm,
    );
    const cancel = () => ask.close();
    const ask = openSheet({
      title: words.emptyTitle,
      body: [h("p", {}, words.emptyMeans), summary],
      footer: [
        h("span", { class: "spring" }),
        h("button", { type: "button", class: "quiet-button", on: { click: cancel } }, strings.sheet.cancel),
        confirm,
      ],
      toaster,
    });
    confirm.focus();

    async function send() {
      confirm.disabled = true;
      try {
        await trash.empty();
        ask.close();
        list.replaceChildren();
        more.hidden = true;
        search.value = "";
        settle();
        status.focus();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        setText(summary, error.message);
        summary.hidden = false;
      } finally {
        confirm.disabled = false;
      }
    }
  }

  begin(trash.pathOf(""));
  return { close: sheet.close };
}

/**
 * A button that cannot be pressed again while it is at work.
 *
 * @param {string} text
 * @param {string} label
 * @param {() => Promise<void>} run
 */
function button(text, label, run) {
  const made = h("button", { type: "button", class: "quiet-button", "aria-label": label, on: { click: press } }, text);

  async function press() {
    made.disabled = true;
    await run();
    made.disabled = false;
  }

  return made;
}
