// The line on top that adds a task: what is typed is read, shown in chips and made so; one press for a near date, and the
// way to everything else.

import { h } from "../../dom.js";
import { moved } from "../../domain/line.js";
import { icon } from "../../icons.js";
import { LineReader } from "../../state/line-reader.js";
import { strings } from "../../strings/index.js";
import { loadLater } from "../parts/later.js";
import { lineField } from "./line-field.js";
import { quickDays } from "./quick-days.js";
import { quickMaking } from "./quick-making.js";
import { quickPaste } from "./quick-paste.js";
import { instantText, marksOf, quickSaid, refusalOf } from "./quick-said.js";
import { newTaskOf, quickSending } from "./quick-sending.js";
import { tagComplete } from "./tag-complete.js";

/**
 * @import { Parsed, Stretch, TaskView } from "../../../types/chat-api.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Api } from "../../server/api.js"
 * @import { Start } from "../../sheets.js"
 * @import { TaskActions } from "../../state/actions.js"
 * @import { Drafts } from "../../state/drafts.js"
 * @import { Pasted } from "./quick-paste.js"
 * @import { Sent } from "./quick-sending.js"
 */

/** @typedef {{sent: Sent, reason: string, at: number}} Returned A line that came back into the field, and when. */

const JUST_NOW = 1_500;
const words = strings.quick;

/**
 * The line; `onDetails` opens the whole form with what was entered.
 *
 * @param {{api: Api, actions: TaskActions, drafts: Drafts, clock: Clock, onDetails: (start: Start) => void,
 *   onAdded: (task: TaskView) => void}} needs
 */
export function quickAdd({ api, actions, drafts, clock, onDetails, onAdded }) {
  const reader = new LineReader({ api, onRead: show });
  const input = h("input", {
    type: "text",
    class: "quick-input",
    "aria-label": words.label,
    placeholder: words.placeholder,
    maxlength: 1000,
    autocomplete: "off",
    dir: "auto",
    enterkeyhint: "done",
  });
  const tags = tagComplete({ input, tasks: () => actions.store.all() });
  const text = lineField({ input, onInput: edited, beside: tags.node });
  const said = quickSaid({ clock, onKeep: keep, onChoice: () => complain("") });
  const onMany = () => input.focus();
  const making = { actions, drafts, clock, reader, onAdded, onBack: comeBack, onMany };
  const { make, makeEach, makeAll } = quickMaking(making);
  const sending = quickSending({ drafts, onPutBack: swap, onAll: makeEach, onDiscard: () => input.focus() });
  const paste = quickPaste({ input, onLines: makeAll, onRest: keepRest, onPasted });
  const error = h("p", { class: "form-error", role: "alert", hidden: true });
  const near = quickDays();
  const add = h("button", { type: "submit", class: "primary-button" }, words.add);
  const details = h("button", { type: "button", class: "quiet-button", on: { click: openDetails } }, words.details);
  const form = h(
    "form",
    { class: "quick", novalidate: true, on: { submit: send } },
    h(
      "div",
      { class: "quick-line" },
      icon("add"),
      text.node,
      h("kbd", { class: "quick-key", "aria-hidden": "true" }, "n"),
    ),
    said.node,
    paste.node,
    h("div", { class: "quick-more" }, near.node, h("div", { class: "quick-buttons" }, details, add)),
    error,
    sending.node,
  );
  /** @type {Stretch[]} words that are the title's, as the person said */
  let kept = [];
  /** Whether a digit now answers which of several meanings is meant. */
  let asked = false;
  /** @type {Returned | null} */
  let returned = null;
  form.addEventListener("focusin", (event) => {
    form.classList.add("is-open");
    // What was typed an hour ago may mean another day by now.
    const from = event.relatedTarget;
    if (input.value && !(from instanceof Node && form.contains(from))) reader.soon(line());
  });
  form.addEventListener("focusout", () => {
    // Closing moves what is below: not between the press and the release of a button there, or its click would be lost.
    if (document.querySelector(":active")) addEventListener("pointerup", () => setTimeout(fold), { once: true });
    else setTimeout(fold);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") input.blur();
    else if (asked && /^[1-9]$/.test(event.key) && said.choose(Number(event.key))) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  function fold() {
    // Nor does opening, then, where there is something below to press.
    if (input.value === "" && sending.node.hidden && !form.contains(document.activeElement))
      form.classList.remove("is-open");
  }

  function line() {
    return { text: input.value, kept };
  }

  /** @param {string} before */
  function edited(before) {
    drafts.keep("line", input.value);
    if (returned && before === returned.sent.line.text && goOn(returned)) return;
    kept = moved(kept, before, input.value);
    paste.close();
    complain("");
    reader.soon(line());
  }

  /**
   * Who types on while a line comes back means the next one, not that one; says whether that is so.
   *
   * @param {Returned} returned
   */
  function goOn({ sent, reason, at }) {
    const { text: old } = sent.line;
    if (Date.now() - at > JUST_NOW || !input.value.startsWith(old)) return false;
    put({ line: { text: input.value.slice(old.length), kept: [] }, days: null });
    sending.keep(sent, reason);
    return true;
  }

  /** @param {Parsed | null} reading */
  function show(reading) {
    said.show(reading, input.value);
    text.mark(marksOf(reading));
    // A day that was read, or is asked about, takes the place of those to press.
    near.node.hidden = Boolean(reading?.due) || said.asks();
  }

  /**
   * Leaves words in the title.
   *
   * @param {Stretch[]} words
   */
  function keep(words) {
    kept = [...kept, ...words];
    reader.soon(line(), 0);
    input.focus();
  }

  /** @param {string} reason */
  function complain(reason) {
    asked = false;
    error.textContent = reason;
    error.hidden = !reason;
  }

  function reset() {
    put({ line: { text: "", kept: [] }, days: null });
  }

  /**
   * Puts a line in the field, to be read.
   *
   * @param {Sent} sent
   */
  function put(sent) {
    text.set(sent.line.text);
    drafts.keep("line", sent.line.text);
    kept = sent.line.kept;
    near.press(sent.days);
    tags.close();
    paste.close();
    complain("");
    reader.soon(line());
  }

  /** @param {Pasted} pasted */
  async function onPasted(pasted) {
    const later = await loadLater(({ message }) => pasted.say(message));
    later?.offerPasted(pasted);
  }

  /** @param {string[]} pieces of what was pasted */
  function keepRest(pieces) {
    for (const piece of pieces) sending.keep({ line: { text: piece, kept: [] }, days: null }, "");
    form.classList.add("is-open");
  }

  /**
   * Puts a line in the field; what is there takes its place.
   *
   * @param {Sent} sent
   */
  function swap(sent) {
    if (input.value.trim()) sending.keep({ line: line(), days: near.pressed() }, "");
    put(sent);
    input.focus();
  }

  function openDetails() {
    const seen = reader.known(line());
    const meant = said.chosen();
    const readable = seen && !refusalOf(seen, meant) ? meant : null;
    const start = newTaskOf(readable, { line: line(), days: near.pressed() }, clock);
    if (start.due_date) start.due_date = instantText(start.due_date, clock);
    reset();
    onDetails(start);
  }

  /** @param {Event} event */
  function send(event) {
    event.preventDefault();
    input.focus();
    if (!input.value.trim()) return;
    const seen = reader.known(line());
    const meant = seen && said.chosen();
    const refusal = seen && refusalOf(seen, meant);
    if (refusal) {
      complain(refusal);
      asked = meant === null;
      return;
    }
    const sent = { line: line(), days: near.pressed() };
    reset();
    make(sent, meant);
  }

  /**
   * Into the field, unless something else is typed there by now. The focus stays where the person has it.
   *
   * @param {Sent} sent
   * @param {string} reason
   */
  function comeBack(sent, reason) {
    if (input.value) {
      sending.keep(sent, reason);
      return;
    }
    put(sent);
    returned = { sent, reason, at: Date.now() };
    form.classList.add("is-open");
    complain(reason);
  }

  drafts.left("lines", (sent) => {
    sending.keep(sent, "");
    form.classList.add("is-open");
  });
  drafts.recall("line", (text) => (input.value ? keepRest([text]) : put({ line: { text, kept: [] }, days: null })));
  return { node: form, focus: () => input.focus(), make, makeAll, keepRest };
}
