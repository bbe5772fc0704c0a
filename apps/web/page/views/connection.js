// The line below the bar: what the connection is like when it is not as it should be, and what is not sent yet.

import { h, setText } from "../dom.js";
import { strings } from "../strings/index.js";
import { openSheet } from "./parts/sheet.js";

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Entry } from "../offline/entries.js"
 * @import { WriteQueue } from "../offline/write-queue.js"
 * @import { Pulse } from "../server/pulse.js"
 */

const words = strings.unsent;

/**
 * @param {{queue: WriteQueue, toaster: Toaster}} needs
 */
export function connectionLine({ queue, toaster }) {
  const said = h("span");
  const show = h("button", { type: "button", class: "quiet-button", on: { click: openList } }, words.show);
  const node = h("div", { class: "connection", role: "status", hidden: true }, said, show);
  /** @type {{list: HTMLElement} | null} */
  let opened = null;
  /** @type {Pulse} */
  let pulse = "fine";

  function draw() {
    const { waiting, undecided } = queue;
    const parts = [];
    if (pulse !== "fine") parts.push(strings.connection[pulse]);
    if (undecided.length > 0) parts.push(words.undecided(undecided.length));
    else if (waiting.length > 0) parts.push(words.count(waiting.length));
    if (waiting.length > 0 && !queue.storage.works) parts.push(strings.connection.unkept);
    setText(said, parts.join(" "));
    node.hidden = parts.length === 0;
    show.hidden = waiting.length === 0;
    if (opened) fill(opened.list);
  }

  function openList() {
    const list = h("ul", { class: "unsent-list" });
    fill(list);
    opened = { list };
    openSheet({
      title: words.title,
      body: [list],
      footer: [],
      toaster,
      onClose: () => {
        opened = null;
      },
    });
  }

  /** @param {HTMLElement} list */
  function fill(list) {
    const rows = queue.waiting.map((entry) => entryRow(entry, queue));
    list.replaceChildren(...(rows.length > 0 ? rows : [h("li", {}, words.none)]));
  }

  return {
    node,
    draw,
    /** @param {Pulse} now */
    setPulse(now) {
      pulse = now;
      draw();
    },
  };
}

/**
 * @param {Entry} entry
 * @param {WriteQueue} queue
 */
function entryRow(entry, queue) {
  const { state, title, reason, theirs, method } = entry;
  const why = { waiting: words.waits, old: words.old, conflict: theirs ? words.conflict : `${words.gone} ${reason}` };
  const insist = { type: "button", class: "quiet-button", on: { click: () => queue.insist(entry) } };
  const discard = { type: "button", class: "quiet-button", on: { click: () => queue.discard(entry) } };
  return h(
    "li",
    { class: "unsent-entry", data: { state } },
    h("p", { class: "unsent-title" }, title),
    h("p", { class: "unsent-why" }, why[state]),
    method === "PATCH" ? compared(entry) : h("p", {}, method === "POST" ? words.made : words.deleted),
    h(
      "div",
      { class: "unsent-choice" },
      state === "waiting" ? null : h("button", insist, words.insist),
      h("button", discard, words.discard),
    ),
  );
}

/**
 * What is to change, beside what is there.
 *
 * @param {Entry} entry
 */
function compared({ body, theirs }) {
  const fields = Object.entries(/** @type {TaskPatch} */ (body));
  const there = /** @type {Record<string, unknown> | null} */ (theirs);
  return h(
    "dl",
    { class: "unsent-fields" },
    ...fields.map(([name, value]) =>
      h(
        "div",
        {},
        h("dt", {}, words.fields.get(name) ?? name),
        h("dd", {}, `${words.yours}: ${valueWords(value)}`),
        there ? h("dd", {}, `${words.theirs}: ${valueWords(there[name])}`) : null,
      ),
    ),
  );
}

/** @param {unknown} value */
function valueWords(value) {
  if (typeof value === "boolean") return words.values[value ? "true" : "false"];
  if (value === null || value === undefined || value === "") return words.nothing;
  return Array.isArray(value) ? value.join(", ") || words.nothing : String(value);
}

/**
 * Asks whether to log out though changes are not sent.
 *
 * @param {{count: number, toaster: Toaster, onLeave: () => void}} needs
 */
export function askToLose({ count, toaster, onLeave }) {
  const leave = () => {
    sheet.close();
    onLeave();
  };
  const sheet = openSheet({
    title: words.leaveTitle,
    body: [h("p", {}, `${words.count(count)} ${words.leaveLose}`)],
    footer: [
      h("span", { class: "spring" }),
      h("button", { type: "button", class: "quiet-button", on: { click: () => sheet.close() } }, words.stay),
      h("button", { type: "button", class: "primary-button danger", on: { click: leave } }, words.leave),
    ],
    toaster,
  });
  return sheet;
}
