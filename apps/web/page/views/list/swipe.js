// Swiping a row with a finger: to the right completes it, to the left asks for another day. What would happen shows under
// the row, and does once the finger is far enough when it lifts. The row's circle and calendar do the same.

import { h } from "../../dom.js";
import { icon } from "../../icons.js";

/** At the edges of the screen a swipe is the browser's Back. */
const EDGE = 24;
/** So far a finger moves by chance. */
const SLOP = 12;
const MOST = 140;
const PART = 0.35;

/**
 * @typedef {object} Needs
 * @property {() => boolean} isOff whether rows are not to be swiped now
 * @property {(id: string, row: HTMLElement) => Way | null} right what a swipe to the right does; null where nothing
 * @property {(id: string, row: HTMLElement) => Way | null} left
 */
/** @typedef {{name: Parameters<typeof icon>[0], label: string, run: () => void}} Way */

/**
 * @typedef {object} Swipe One on its way.
 * @property {number} pointer
 * @property {number} x where it began
 * @property {number} y
 * @property {HTMLElement} row
 * @property {Record<"right" | "left", Way | null>} ways
 * @property {"right" | "left" | null} to which way it goes; null as long as it may be a tap, or scrolling
 * @property {HTMLElement | null} under what shows
 * @property {boolean} isFar
 */

/**
 * @param {HTMLElement} node the list
 * @param {Needs} needs
 */
export function swipes(node, { isOff, right, left }) {
  /** @type {Swipe | null} */
  let swipe = null;

  node.addEventListener("pointerdown", (event) => {
    end();
    const row = event.target instanceof Element ? event.target.closest(".task:not(.is-coming)") : null;
    const isAtEdge = event.clientX < EDGE || event.clientX > innerWidth - EDGE;
    if (event.pointerType !== "touch" || !(row instanceof HTMLElement) || isAtEdge || isOff() || !event.isPrimary)
      return;
    const id = row.dataset.id ?? "";
    const ways = { right: right(id, row), left: left(id, row) };
    const { pointerId: pointer, clientX: x, clientY: y } = event;
    swipe = { pointer, x, y, row, ways, to: null, under: null, isFar: false };
    // A second finger, wherever it is, means something else.
    document.addEventListener("pointerdown", second);
  });
  node.addEventListener("pointermove", (event) => {
    if (swipe?.pointer !== event.pointerId) return;
    const by = event.clientX - swipe.x;
    if (swipe.to === null) begin(swipe, by, event.clientY - swipe.y);
    if (swipe?.to) follow(swipe, by);
  });
  node.addEventListener("pointerup", ({ pointerId }) => {
    if (swipe?.pointer !== pointerId) return;
    const { to, isFar, ways } = swipe;
    end();
    if (to && isFar) ways[to]?.run();
  });
  // The browser scrolls, or the row was taken away.
  node.addEventListener("pointercancel", end);

  /** @param {PointerEvent} event */
  function second({ isPrimary }) {
    if (!isPrimary) end();
  }

  /**
   * @param {Swipe} one
   * @param {number} by
   * @param {number} down
   */
  function begin(one, by, down) {
    if (Math.abs(down) > SLOP && Math.abs(down) >= Math.abs(by)) return end();
    if (Math.abs(by) <= SLOP) return;
    const to = by > 0 ? "right" : "left";
    const way = one.ways[to];
    if (!way) return end();
    one.to = to;
    one.under = h("div", { class: `swipe-under swipe-${to}`, "aria-hidden": "true" }, icon(way.name), way.label);
    one.row.classList.add("is-swiped");
    one.row.append(one.under);
  }

  /**
   * @param {Swipe} one
   * @param {number} by
   */
  function follow({ row, to, under }, by) {
    const shift = to === "right" ? Math.max(0, by) : Math.min(0, by);
    const isFar = Math.abs(shift) >= Math.min(MOST, row.offsetWidth * PART);
    if (swipe && swipe.isFar !== isFar) {
      swipe.isFar = isFar;
      under?.classList.toggle("is-far", isFar);
      if (isFar) navigator.vibrate?.(10);
    }
    row.style.setProperty("--swiped", `${shift}px`);
  }

  function end() {
    if (!swipe) return;
    const { row, under } = swipe;
    swipe = null;
    document.removeEventListener("pointerdown", second);
    row.classList.remove("is-swiped");
    row.style.removeProperty("--swiped");
    under?.remove();
  }
}
