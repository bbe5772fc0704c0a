// The line below the bar: what the connection is like when it is not as it should be, and what is not sent yet.

import { h, setText } from "../dom.js";
import { strings } from "../strings/index.js";
import { loadLater } from "./parts/later.js";

/**
 * @import { Clock } from "../domain/zones.js"
 * @import { Toaster } from "../notices/toaster.js"
 * @import { WriteQueue } from "../offline/write-queue.js"
 * @import { Pulse } from "../server/pulse.js"
 */

const words = strings.unsent;

/**
 * @param {{queue: WriteQueue, clock: Clock, toaster: Toaster, onProblem: (error: unknown) => void}} needs
 */
export function connectionLine({ queue, clock, toaster, onProblem }) {
  const said = h("span");
  const show = h("button", { type: "button", class: "quiet-button", on: { click: openList } }, words.show);
  const node = h("div", { class: "connection", role: "status", hidden: true }, said, show);
  /** @type {{draw: () => void, close: () => void} | null} */
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
    opened?.draw();
  }

  async function openList() {
    const later = await loadLater(onProblem);
    opened?.close();
    opened = later?.openUnsent({ queue, clock, toaster }) ?? null;
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
