// What is not sent yet, change by change, and what a person decides on; and whether to lose it.

import { h } from "../dom.js";
import { offsetLabel } from "../domain/offsets.js";
import { formerly } from "../state/patches.js";
import { strings } from "../strings/later.js";
import { listed } from "../strings/locale.js";
import { openSheet } from "./parts/sheet.js";
import { sayValue } from "./past/changes-said.js";

/**
 * @import { TaskPatch } from "../../types/chat-api.js"
 * @import { Clock } from "../domain/zones.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { Entry } from "../offline/entries.js"
 * @import { WriteQueue } from "../offline/write-queue.js"
 */

const words = { ...strings.unsent, ...strings.kept };
/** @type {Record<string, string>} */
const NAMES = strings.history.fields;

/**
 * Opens the list; `draw` shows it as it is now.
 *
 * @param {{queue: WriteQueue, clock: Clock, toaster: Toaster}} needs
 */
export function openUnsent({ queue, clock, toaster }) {
  const list = h("ul", { class: "unsent-list" });

  function draw() {
    const rows = queue.waiting.map((entry) => entryRow(entry, queue, clock));
    list.replaceChildren(...(rows.length > 0 ? rows : [h("li", {}, words.none)]));
  }

  draw();
  const { close } = openSheet({ title: words.title, body: [list], footer: [], toaster });
  return { draw, close };
}

/**
 * @param {Entry} entry
 * @param {WriteQueue} queue
 * @param {Clock} clock
 */
function entryRow(entry, queue, clock) {
  const { state, title, reason, theirs, method } = entry;
  const why = { waiting: words.waits, old: words.old, conflict: theirs ? words.conflict : `${words.gone} ${reason}` };
  const insist = { type: "button", class: "quiet-button", on: { click: () => queue.insist(entry) } };
  const discard = { type: "button", class: "quiet-button", on: { click: () => queue.discard(entry) } };
  return h(
    "li",
    { class: "unsent-entry", data: { state } },
    h("p", { class: "unsent-title" }, title),
    h("p", { class: "unsent-why" }, why[state]),
    method === "PATCH" ? compared(entry, clock) : h("p", {}, method === "POST" ? words.made : words.deleted),
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
 * @param {Clock} clock
 */
function compared({ body, theirs }, clock) {
  const mine = /** @type {TaskPatch} */ (body);
  const there = new Map(theirs && Object.entries(formerly(theirs, mine)));
  return h(
    "dl",
    { class: "unsent-fields" },
    ...Object.entries(mine).map(([name, value]) =>
      h(
        "div",
        {},
        h("dt", {}, name === "completed" ? words.state : (NAMES[name] ?? name)),
        h("dd", {}, `${words.yours}: ${valueWords(name, value, clock)}`),
        theirs ? h("dd", {}, `${words.theirs}: ${valueWords(name, there.get(name), clock)}`) : null,
      ),
    ),
  );
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {Clock} clock
 */
function valueWords(name, value, clock) {
  if (typeof value === "boolean") return words.values[value ? "true" : "false"];
  if (!Array.isArray(value)) return sayValue(name, value || null, false, clock) || words.nothing;
  return listed(name === "reminders" ? value.map(offsetLabel) : value) || words.nothing;
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
