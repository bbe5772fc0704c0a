// What stands where there is no task to show.

import { h } from "../../dom.js";
import { strings } from "../../strings/index.js";

const words = strings.list;
const EMPTY = { search: nothingFound, narrowed: nothingFits, none: nothingToDo, view: nothingHere };

function nothingHere() {
  return [h("p", { class: "empty-title" }, words.nothingToDo), h("p", {}, words.nothingHere)];
}

function nothingFound() {
  return [h("p", { class: "empty-title" }, words.nothingFound), h("p", {}, words.noneHasTheseWords)];
}

function nothingFits() {
  return [h("p", { class: "empty-title" }, words.nothingFound), h("p", {}, words.noneFits)];
}

function nothingToDo() {
  const forKeys = h("span", { class: "for-keys" }, words.press, h("kbd", {}, "n"), words.orUse);
  const forTouch = h("span", { class: "for-touch" }, words.in);
  return [
    h("p", { class: "empty-title" }, words.nothingToDo),
    h("p", {}, words.writeDown, forKeys, forTouch, words.theField),
  ];
}

/**
 * Why nothing is there, and what to do.
 *
 * @param {keyof typeof EMPTY} state
 */
export function emptyWords(state) {
  return EMPTY[state]();
}
