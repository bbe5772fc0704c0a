// One field for everything: finds tasks, goes to views, does things to the chosen task, and adds a task by a line that is
// read like the one on the page.

import { h, uniqueId } from "../../dom.js";
import { moved } from "../../domain/line.js";
import { LineReader } from "../../state/line-reader.js";
import { strings } from "../../strings/later.js";
import { openSheet } from "../parts/sheet.js";
import { offerPasted } from "../quick-add/pasted.js";
import { quickPaste } from "../quick-add/quick-paste.js";
import { marksOf, quickSaid } from "../quick-add/quick-said.js";
import { tagComplete } from "../quick-add/tag-complete.js";
import { paletteEntries } from "./palette-entries.js";

/**
 * @import { Parsed, Stretch } from "../../../types/chat-api.js"
 * @import { Said } from "../../domain/line.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Toaster } from "../../notices/toaster.js"
 * @import { Api } from "../../server/api.js"
 * @import { Line } from "../../state/line-reader.js"
 * @import { Task, TaskStore } from "../../state/tasks.js"
 */

/** @typedef {{label: string, detail?: string, run: () => void}} Entry What can be chosen. */

const MOST_TASKS = 8;
const words = strings.palette;

/**
 * @typedef {object} PaletteNeeds
 * @property {Api} api
 * @property {TaskStore} store
 * @property {Clock} clock
 * @property {Toaster} toaster
 * @property {Parameters<typeof paletteEntries>} entries what `paletteEntries` is told
 * @property {(task: Task) => void} onTask
 * @property {(line: Line, meant: Said | null) => void} onLine adds a task
 * @property {(lines: string[]) => void} onLines adds one for each
 * @property {(pieces: string[]) => void} onRest keeps what a line did not take
 * @property {(run: () => void) => void} after runs something once the page is back where it was
 */

/**
 * Opens it.
 *
 * @param {PaletteNeeds & {onClose: () => void}} needs
 */
export function openPalette(needs) {
  const { api, store, clock, toaster, onTask, onLine, onLines, onRest, after, onClose } = needs;
  const entries = paletteEntries(...needs.entries);
  const listId = uniqueId("palette");
  const reader = new LineReader({ api, onRead: show });
  const said = quickSaid({ clock, onKeep: keep, onChoice: () => input.focus() });
  const input = h("input", {
    type: "text",
    class: "palette-input",
    role: "combobox",
    "aria-label": words.label,
    "aria-expanded": "true",
    "aria-controls": listId,
    "aria-autocomplete": "list",
    placeholder: words.placeholder,
    autocomplete: "off",
    dir: "auto",
    maxlength: 1000,
    on: { input: typed },
  });
  const tags = tagComplete({ input, tasks: () => store.all(), onClosed: () => point(at) });
  input.addEventListener("keydown", pressed);
  const paste = quickPaste({ input, onLines: addAll, onRest, onPasted: offerPasted });
  const list = h("ul", { id: listId, class: "palette-list", role: "listbox", "aria-label": words.found });
  /** @type {{entry: Entry, node: HTMLElement}[]} */
  let options = [];
  let at = 0;
  let held = "";
  /** @type {Stretch[]} */
  let kept = [];
  const sheet = openSheet({
    title: words.title,
    body: h(
      "div",
      { class: "palette" },
      h("div", { class: "palette-field" }, input, tags.node),
      paste.node,
      said.node,
      list,
    ),
    toaster,
    onClose: () => {
      reader.stop();
      onClose();
    },
  });
  sheet.dialog.classList.add("palette-sheet");
  draw();
  input.focus();

  function typed() {
    paste.close();
    kept = moved(kept, held, input.value);
    held = input.value;
    at = 0;
    reader.soon(line());
    draw();
  }

  /** @param {string} text */
  function type(text) {
    if (paste.take(text)) return;
    input.value += text;
    typed();
  }

  function line() {
    return { text: input.value, kept };
  }

  /** @param {Parsed | null} reading */
  function show(reading) {
    // What says nothing of a time is no line that is worth a word; it may be a search.
    said.show(marksOf(reading).length > 0 ? reading : null, input.value);
  }

  /** @param {Stretch[]} more words that stay in the title */
  function keep(more) {
    kept = [...kept, ...more];
    reader.soon(line(), 0);
    input.focus();
  }

  /** @returns {Entry[]} */
  function found() {
    const text = input.value.trim();
    const parts = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const fits = (/** @type {string} */ one) => parts.every((part) => one.toLocaleLowerCase().includes(part));
    if (parts.length === 0) return entries;
    const tasks = store
      .all()
      .filter(({ title }) => fits(title))
      .sort((one, other) => Number(one.completed) - Number(other.completed))
      .slice(0, MOST_TASKS)
      .map((task) => ({
        label: task.title,
        detail: task.completed ? words.doneTask : words.task,
        run: () => onTask(task),
      }));
    return [...tasks, ...entries.filter(({ label }) => fits(label)), addEntry(text)];
  }

  /** @param {string} text */
  function addEntry(text) {
    const run = () => onLine(line(), reader.known(line()) && said.chosen());
    return { label: words.add(text), detail: words.newTask, run };
  }

  function draw() {
    options = found().map((entry, place) => {
      const node = h(
        "li",
        {
          id: `${listId}-${place}`,
          role: "option",
          on: { click: () => choose(entry), pointermove: () => point(place) },
        },
        h("span", { dir: "auto" }, entry.label),
        entry.detail ? h("span", { class: "palette-detail" }, entry.detail) : null,
      );
      return { entry, node };
    });
    list.replaceChildren(...options.map(({ node }) => node));
    point(at);
  }

  /** @param {number} place */
  function point(place) {
    at = Math.max(0, Math.min(options.length - 1, place));
    for (const [index, { node }] of options.entries()) node.setAttribute("aria-selected", String(index === at));
    // While tags are offered, one of them is what Enter takes.
    if (tags.node.hidden) input.setAttribute("aria-activedescendant", options[at]?.node.id ?? "");
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      point((at + step + options.length) % options.length);
      options[at]?.node.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && !event.isComposing && options[at]) {
      event.preventDefault();
      choose(options[at].entry);
    }
  }

  /** @param {string[]} lines */
  function addAll(lines) {
    // What is typed beside them stays, to be gone on with.
    if (!input.value.trim()) choose({ label: "", run: () => onLines(lines) });
    else onLines(lines);
  }

  /** @param {Entry} entry */
  function choose({ run }) {
    sheet.dialog.addEventListener("close", () => after(run), { once: true });
    sheet.close();
  }

  return { ...sheet, type };
}
