// Completes the tag that is being typed in a line: the person's tags below it, to be chosen by key or by hand.

import { h, setAttribute, uniqueId } from "../../dom.js";
import { tagKey, tagsFor, tagTyped } from "../../domain/tags.js";
import { icon } from "../../icons.js";
import { strings } from "../../strings/index.js";

/** @import { Tagged } from "../../domain/tags.js" */

/** @typedef {NonNullable<ReturnType<typeof tagTyped>>} Typed */

/**
 * Watches a text field; `tasks()` are those whose tags are offered. It takes the keys that choose before those who
 * listen later, so it comes first. Put `node` beside the field. What the field is while nothing is offered it is again
 * afterwards; `onClosed` is called then.
 *
 * @param {{input: HTMLInputElement, tasks: () => Iterable<Tagged>, onClosed?: () => void}} needs
 */
export function tagComplete({ input, tasks, onClosed = () => {} }) {
  const id = uniqueId("tags");
  const node = h("ul", { id, class: "tag-offers", role: "listbox", "aria-label": strings.quick.tags, hidden: true });
  /** @type {{tag: string, node: HTMLElement}[]} */
  let offers = [];
  let active = -1;
  input.setAttribute("aria-autocomplete", "list");
  const without = ["role", "aria-expanded", "aria-controls"].map((name) => [name, input.getAttribute(name)]);

  /** The tag that the caret is behind. */
  function typed() {
    const { selectionStart, selectionEnd } = input;
    return selectionStart === selectionEnd ? tagTyped(input.value, selectionStart ?? 0) : null;
  }

  function offer() {
    const now = typed();
    const tags = now ? tagsFor(now.tag, tasks()) : [];
    const others = tags.filter((tag) => tagKey(tag) !== tagKey(now?.tag ?? ""));
    offers = others.map((tag) => ({ tag, node: option(tag) }));
    node.replaceChildren(...offers.map((one) => one.node));
    // Who has typed a whole tag means that one: Enter adds the task.
    activate(tags.length > others.length ? -1 : 0);
  }

  /** @param {string} tag */
  function option(tag) {
    return h(
      "li",
      { id: uniqueId("tag"), class: "tag-offer", role: "option", on: { click: () => choose(tag) } },
      icon("tag"),
      h("bdi", {}, tag),
    );
  }

  /** @param {number} place */
  function activate(place) {
    active = offers.length > 0 ? place : -1;
    const isOpen = offers.length > 0;
    if (!isOpen && node.hidden) return;
    node.hidden = !isOpen;
    for (const [at, one] of offers.entries()) one.node.setAttribute("aria-selected", String(at === active));
    offers[active]?.node.scrollIntoView({ block: "nearest" });
    setAttribute(input, "aria-activedescendant", offers[active]?.node.id);
    if (isOpen) {
      for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "true", "aria-controls": id }))
        setAttribute(input, name, value);
      return;
    }
    for (const [name, value] of without) setAttribute(input, String(name), value);
    onClosed();
  }

  function close() {
    offers = [];
    activate(-1);
  }

  /** @param {string} tag */
  function choose(tag) {
    const now = typed();
    close();
    if (!now) return;
    const spaced = /^\s/.test(input.value.slice(now.end));
    input.setRangeText(`#${tag}${spaced ? "" : " "}`, now.start, now.end, "end");
    const caret = (input.selectionStart ?? 0) + (spaced ? 1 : 0);
    input.setSelectionRange(caret, caret);
    input.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertReplacementText" }));
  }

  /** What a key does while something is offered; null for keys that do what they always do. @param {string} key */
  function doingOf(key) {
    const last = offers.length - 1;
    const chosen = offers[active];
    /** @type {Record<string, (() => void) | null>} */
    const doings = {
      ArrowDown: () => activate(active < last ? active + 1 : 0),
      ArrowUp: () => activate(active > 0 ? active - 1 : last),
      Enter: chosen ? () => choose(chosen.tag) : null,
      Tab: chosen ? () => choose(chosen.tag) : null,
      Escape: close,
    };
    return Object.hasOwn(doings, key) ? doings[key] : null;
  }

  input.addEventListener("keydown", (event) => {
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing);
    const run = offers.length > 0 && isPlain ? doingOf(event.key) : null;
    if (!run) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    run();
  });
  input.addEventListener("input", offer);
  for (const name of ["keyup", "click"]) input.addEventListener(name, () => offers.length > 0 && !typed() && close());
  input.addEventListener("blur", close);
  // A press on a tag leaves the focus, and a telephone's keyboard, where they are.
  node.addEventListener("mousedown", (event) => event.preventDefault());

  return { node, close };
}
