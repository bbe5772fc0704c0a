// What was read in the line for new tasks: chips for its date, repeat and reminders, which of several meanings it has,
// and what was not understood.

import { findAll, h, setText } from "../../dom.js";
import { dueFields, dueLabel, dueValue } from "../../domain/due.js";
import { priorityLabel, shortDate, timeLabel } from "../../domain/labels.js";
import { reminderWords, repeatWords, wordsOf } from "../../domain/line.js";
import { today } from "../../domain/zones.js";
import { icon } from "../../icons.js";
import { strings } from "../../strings/index.js";
import { refusals } from "../../strings/refusals.js";

/**
 * @import { DueSaid, Parsed, RepeatSaid, Stretch } from "../../../types/chat-api.js"
 * @import { Said } from "../../domain/line.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { Mark } from "./line-field.js"
 */

const words = strings.said;

/**
 * Shows readings; `onKeep` is called with words that shall stay in the title, `onChoice` when a meaning was chosen.
 *
 * @param {{clock: Clock, onKeep: (words: Stretch[]) => void, onChoice: () => void}} needs
 */
export function quickSaid({ clock, onKeep, onChoice }) {
  const chips = h("ul", { class: "said", "aria-label": words.label });
  const choices = h("fieldset", { class: "said-choices", on: { change: onChoice } });
  const notes = h("div", { class: "said-notes" });
  const spoken = h("p", { class: "visually-hidden", role: "status" });
  const language = words.language ? h("p", { class: "field-hint quick-language" }, words.language) : null;
  const node = h("div", { class: "quick-said" }, chips, choices, notes, spoken, language);
  /** @type {Parsed | null} */
  let shown = null;
  let drawn = "";
  show(null, "");

  /**
   * Shows what a text says, null where it is not known. The same once more changes nothing: a choice stays made.
   *
   * @param {Parsed | null} reading
   * @param {string} text
   */
  function show(reading, text) {
    shown = reading;
    const meanings = reading ? reading.options.map((option) => meaning(option, clock, exactWords)) : [];
    const key = JSON.stringify([text, reading, reading && meaning(reading, clock), meanings]);
    if (key === drawn) return;
    drawn = key;
    for (const part of [chips, choices, notes]) part.replaceChildren();
    if (reading) draw(reading, text, meanings);
    for (const part of [chips, choices, notes]) part.hidden = part.childElementCount === 0;
    setText(spoken, reading ? inWords(reading, meanings) : "");
  }

  /**
   * @param {Parsed} reading
   * @param {string} text
   * @param {string[]} meanings
   */
  function draw(reading, text, meanings) {
    chips.append(...chipsOf(reading, text));
    if (meanings.length > 0) choices.append(...choicesOf(reading, meanings));
    notes.append(...notesOf(reading).map((note) => h("p", {}, note)));
    if (reading.reminder_without_date) notes.append(keepAll(text));
  }

  /**
   * What is shown, for those who hear it.
   *
   * @param {Parsed} reading
   * @param {string[]} meanings
   */
  function inWords(reading, meanings) {
    const asked = meanings.map((said, at) => `${at + 1}: ${said}.`);
    const question = asked.length > 0 ? [words.which, ...asked] : [];
    const marks = [
      reading.priority && priorityLabel(reading.priority.value),
      ...reading.tags.map(({ value }) => `#${value}`),
    ];
    return [meaning(reading, clock), ...marks, ...question, ...notesOf(reading)].filter(Boolean).join(" ");
  }

  /** @param {string} text */
  function keepAll(text) {
    const click = () => onKeep([{ start: 0, end: Array.from(text).length }]);
    return h("button", { type: "button", class: "link-button", on: { click } }, words.allTitle);
  }

  /**
   * @param {Parsed} reading
   * @param {string} text
   */
  function chipsOf(reading, text) {
    const { due, repeat, reminders } = reading;
    const found = [];
    if (due) found.push(chip("calendar", dueWords(due, clock), due.spans, text));
    if (repeat) found.push(chip("repeat", repeated(repeat, due, clock), repeat.spans, text));
    if (reminders) found.push(chip("bell", reminderWords(reminders), reminders.spans, text));
    if (reading.priority) found.push(chip("flag", priorityLabel(reading.priority.value), reading.priority.spans, text));
    for (const tag of reading.tags) found.push(chip("tag", tag.value, tag.spans, text));
    return found;
  }

  /**
   * @param {"calendar" | "repeat" | "bell" | "flag" | "tag"} name
   * @param {string} read
   * @param {Stretch[]} spans where it was said; nowhere, where it follows from another one
   * @param {string} text
   */
  function chip(name, read, spans, text) {
    const label = words.leave(wordsOf(text, spans));
    const props = { type: "button", "aria-label": label, title: label, on: { click: () => onKeep(spans) } };
    const remove = spans.length > 0 ? h("button", props, icon("close")) : null;
    return h("li", {}, icon(name), h("bdi", {}, read), remove);
  }

  /** The buttons of the choices, in their order. */
  function radios() {
    return findAll(choices, "input", HTMLInputElement);
  }

  return {
    node,
    show,

    /**
     * What Enter makes a task of: what is shown, or the meaning chosen; null while none is chosen.
     *
     * @returns {Said | null}
     */
    chosen() {
      if (!shown?.options.length) return shown;
      const at = radios().findIndex((radio) => radio.checked);
      const { tags, priority } = shown;
      return at < 0 ? null : { ...(shown.options[at] ?? shown), tags, priority };
    },

    /** Whether which of several meanings it has is asked. */
    asks: () => radios().length > 0,

    /**
     * Chooses a meaning by its number; says whether there is such a one.
     *
     * @param {number} number
     */
    choose(number) {
      const radio = radios()[number - 1];
      if (radio) radio.checked = true;
      return Boolean(radio);
    },
  };
}

/**
 * The numbered meanings, with their titles where these differ, and that it has none.
 *
 * @param {Parsed} reading
 * @param {string[]} meanings in words
 */
function choicesOf({ options }, meanings) {
  const titles = options.map(({ title }) => title);
  const labels = meanings.map((said, at) => (new Set(titles).size > 1 ? words.titled(titles[at], said) : said));
  const buttons = [...labels, words.undated].map((label, at) =>
    h(
      "label",
      { class: "chip" },
      h("input", { type: "radio", name: "quick-meaning", value: at + 1 }),
      h("span", {}, `${at + 1}. ${label}`),
    ),
  );
  return [h("legend", {}, words.which), h("div", { class: "chips" }, buttons)];
}

/**
 * When, how often and with what reminders: "Friday, 9:00, every Friday, with a reminder 1 hour before".
 *
 * @param {Said} said
 * @param {Clock} clock
 * @param {typeof dueWords} say how the date is said
 */
function meaning({ due, repeat, reminders }, clock, say = dueWords) {
  const parts = [due && say(due, clock), repeat && repeated(repeat, due, clock), reminders && reminderWords(reminders)];
  return parts.filter(Boolean).join(", ");
}

/**
 * @param {RepeatSaid} repeat
 * @param {DueSaid | null | undefined} due
 * @param {Clock} clock
 */
function repeated(repeat, due, clock) {
  const begins = due ? (fieldsOf(due, clock)?.date ?? "") : "";
  return repeatWords(repeat, begins, (date) => shortDate(date, today(clock.now(), clock.zone)));
}

/**
 * @param {DueSaid} due
 * @param {Clock} clock
 */
function dueWords({ value, all_day }, clock) {
  return dueLabel({ due_date: instantText(value, clock), due_all_day: all_day }, clock.now(), clock.zone);
}

/**
 * The date itself, where dates are to be told apart: "Fri 4 Dec, 10:00".
 *
 * @param {DueSaid} due
 * @param {Clock} clock
 */
function exactWords(due, clock) {
  const fields = fieldsOf(due, clock);
  if (!fields) return "";
  const day = shortDate(fields.date, today(clock.now(), clock.zone));
  return due.all_day ? day : strings.dates.at(day, timeLabel(new Date(fields.at), clock.zone));
}

/**
 * @param {DueSaid} due
 * @param {Clock} clock
 */
function fieldsOf({ value, all_day }, clock) {
  return dueFields({ due_date: instantText(value, clock), due_all_day: all_day }, clock.zone);
}

/**
 * A due date as tasks have it: a local time as the instant that it is in the person's zone, others as they are.
 *
 * @param {string} value
 * @param {Clock} clock
 */
export function instantText(value, clock) {
  const local = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)$/.exec(value);
  return local ? dueValue(local[1], local[2], clock.zone) : value;
}

/**
 * What was not understood, and what is missing.
 *
 * @param {Parsed} reading
 */
function notesOf({ unread, reminder_without_date }) {
  const notes = unread.map(({ text, why, reason }) => words.notRead(text, refusals()?.why[reason] ?? why));
  if (reminder_without_date) notes.push(words.noDate);
  return notes;
}

/**
 * The marks of what was read, and of what was not.
 *
 * @param {Parsed | null} reading
 * @returns {Mark[]}
 */
export function marksOf(reading) {
  if (!reading) return [];
  // Several meanings come from the same words, whichever of them is right.
  const read = [reading, ...reading.options].flatMap(({ due, repeat, reminders }) =>
    [due, repeat, reminders].flatMap((part) => part?.spans ?? []),
  );
  const marks = [...reading.tags, ...(reading.priority ? [reading.priority] : [])].flatMap(({ spans }) => spans);
  const unread = reading.unread.flatMap(({ spans }) => spans);
  return [
    ...[...read, ...marks].map((span) => ({ ...span, kind: /** @type {const} */ ("read") })),
    ...unread.map((span) => ({ ...span, kind: /** @type {const} */ ("unread") })),
  ];
}

/**
 * Why no task can be made of a reading; "" where one can.
 *
 * @param {Parsed} reading
 * @param {Said | null} meant which of its meanings; null where none is chosen
 */
export function refusalOf({ reminder_without_date }, meant) {
  if (!meant) return words.several;
  if (reminder_without_date) return words.noDate;
  return meant.title ? "" : words.noTitle;
}
