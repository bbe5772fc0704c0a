// The chat beside the list, loaded when it is opened first.

import { loadLater } from "./parts/later.js";

/**
 * @param {Parameters<typeof import("./chat.js").chatPanel>[0] & {page: () => HTMLElement, onProblem: (error: unknown) => void}} needs
 */
export function chatLater({ page, onProblem, ...needs }) {
  /** @type {ReturnType<typeof import("./chat.js").chatPanel> | null} */
  let panel = null;
  let isWanted = false;

  return {
    isOpen: () => isWanted,

    async open() {
      isWanted = true;
      const later = panel ? null : await loadLater(onProblem);
      if (later && !panel) {
        panel = later.chatPanel(needs);
        page().append(panel.node);
      }
      if (!panel) {
        needs.onClose();
        return null;
      }
      if (isWanted) panel.open();
      // Its address closes it.
      return { close() {}, type: panel.type };
    },

    close() {
      isWanted = false;
      panel?.close();
    },
  };
}
