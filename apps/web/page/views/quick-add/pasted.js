// What is pasted into a line for new tasks and is more than it takes: several tasks, or one. What is typed there stays, and
// what the line does not take is kept.

import { h } from "../../dom.js";
import { strings } from "../../strings/later.js";

/** @import { Pasted } from "./quick-paste.js" */

const MOST = 50;
/** How many lines' worth of text may be kept of what is pasted. */
const MOST_PIECES = 10;
const BULLET = /^\s*(?:[-*+•–]\s+)?(?:\[[ xX]?\]\s+|[☐☑☒✓✔]\s*)?/u;
const NUMBER = /^\s*\d{1,3}[.)]\s+/;
const words = strings.pasting;

/**
 * Puts one line into the field, and asks what is to become of several.
 *
 * @param {Pasted} pasted
 */
export function offerPasted({ input, onLines, onRest, text, say, close }) {
  const lines = linesOf(text);
  if (lines.length === 0) return;
  if (lines.length === 1) return insert(lines[0]);
  const several = () => {
    close();
    onLines(lines);
  };
  const one = () => {
    close();
    insert(lines.join(" "));
    input.focus();
  };
  const fits = lines.length <= MOST;
  say(
    h("p", { role: "status" }, words.lines(lines.length), fits ? "" : ` ${words.tooMany(MOST)}`),
    ...(fits ? [button(strings.pasted.addAll(lines.length), several)] : []),
    button(words.inOne, one),
  );

  /**
   * Puts a line where the caret is, as pasting it would, and hands over what the field does not take.
   *
   * @param {string} line
   */
  function insert(line) {
    const [start, end] = [input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length];
    const apart = /\S$/.test(input.value.slice(0, start)) ? ` ${line}` : line;
    const most = input.maxLength;
    if (apart.length > most * MOST_PIECES) return say(h("p", { role: "status" }, words.tooLong(most * MOST_PIECES)));
    const [fitting, ...rest] = pieces(apart, Math.max(0, most - input.value.length + end - start), most);
    input.setRangeText(fitting, start, end, "end");
    input.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertFromPaste" }));
    if (rest.length === 0) return;
    onRest(rest);
    say(h("p", { role: "status" }, words.cut(most)));
  }
}

/**
 * A text in pieces, the first no longer than there is room, between words where it has some.
 *
 * @param {string} text
 * @param {number} room
 * @param {number} most how long the others may be
 * @returns {string[]}
 */
function pieces(text, room, most) {
  if (text.length <= room) return [text];
  const blank = text.lastIndexOf(" ", room);
  const at = blank > 0 ? blank : room;
  return [text.slice(0, at), ...pieces(text.slice(at).trim(), most, most)];
}

/**
 * @param {string} label
 * @param {() => void} click
 */
function button(label, click) {
  return h("button", { type: "button", class: "chip-button", on: { click } }, label);
}

/**
 * The lines of a list, without what marks them as one: a number does where each has one.
 *
 * @param {string} text
 */
function linesOf(text) {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim());
  const mark = lines.length > 1 && lines.every((line) => NUMBER.test(line)) ? NUMBER : "";
  const bullet = lines.length > 1 ? BULLET : "";
  return lines.map((line) => line.replace(mark, "").replace(bullet, "").trim()).filter(Boolean);
}
