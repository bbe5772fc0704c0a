// The dot beside the name: whether what is seen is what there is.

import { h, setText } from "../dom.js";
import { strings } from "../strings/index.js";

const WORDS = { ...strings.live, offline: strings.connection.offline, silent: strings.connection.silent };

/** The dot; `set` shows the state of the live stream, or of the whole connection. */
export function liveDot() {
  const words = h("span", { class: "visually-hidden" });
  const node = h("span", { class: "live", role: "status" }, h("span", { class: "live-dot" }), words);

  /** @param {{state: keyof typeof WORDS}} status */
  function set({ state }) {
    node.dataset.state = state;
    node.title = WORDS[state];
    setText(words, WORDS[state]);
  }

  return { node, set };
}
