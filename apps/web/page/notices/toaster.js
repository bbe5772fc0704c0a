// Short messages at the edge of the page, with what can be done about them.

import { findAll, h } from "../dom.js";
import { icon } from "../icons.js";
import { strings } from "../strings/index.js";

/** @typedef {"plain" | "problem" | "reminder"} Kind */
/** @typedef {{label: string, run: () => unknown}} Action */

/**
 * @typedef {object} Toast
 * @property {string} text
 * @property {string} [detail]
 * @property {Action[]} [actions]
 * @property {number} [seconds] how long it stays, longer while the pointer or the focus is on it; Infinity: until closed
 * @property {Kind} [kind]
 * @property {string | null} [key] replaces an older one of the same key
 */

const STAY = 5;

/** Shows toasts in one polite live region, which moves into an open dialog so that it stays within reach. */
export class Toaster {
  constructor() {
    this.region = h("div", {
      class: "toasts",
      role: "status",
      "aria-live": "polite",
      "aria-label": strings.toasts.messages,
    });
    document.body.append(this.region);
  }

  /**
   * Shows a message. Returns a function that takes it away.
   *
   * @param {Toast} toast
   */
  show({ text, detail = "", actions = [], seconds = STAY, kind = "plain", key = null }) {
    if (key) this.region.querySelector(`[data-key="${CSS.escape(key)}"]`)?.remove();
    const close = () => {
      clearTimeout(timer);
      toast.remove();
    };
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const hold = () => clearTimeout(timer);
    const arm = () => {
      clearTimeout(timer);
      if (Number.isFinite(seconds)) timer = setTimeout(close, seconds * 1000);
    };
    const button = (/** @type {Action} */ { label, run }) => {
      const click = () => {
        close();
        run();
      };
      return h("button", { type: "button", class: "toast-action", on: { click } }, label);
    };
    const toast = h(
      "div",
      {
        class: `toast toast-${kind}`,
        data: key ? { key } : {},
        on: { pointerenter: hold, pointerleave: arm, focusin: hold, focusout: arm },
      },
      kind === "plain" ? null : icon(kind === "reminder" ? "bell" : "alert"),
      h(
        "div",
        { class: "toast-text" },
        h("span", {}, text),
        detail ? h("span", { class: "toast-detail" }, detail) : null,
      ),
      h("div", { class: "toast-actions" }, actions.map(button)),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": strings.toasts.close, on: { click: close } },
        icon("close"),
      ),
    );
    this.region.append(toast);
    arm();
    return close;
  }

  /**
   * Takes away the toasts of a kind whose key is not among `keys`.
   *
   * @param {Kind} kind
   * @param {Set<string>} keys
   */
  keep(kind, keys) {
    for (const toast of findAll(this.region, `.toast-${kind}`, HTMLElement)) {
      if (!keys.has(toast.dataset.key ?? "")) toast.remove();
    }
  }

  /**
   * Moves the messages into a dialog (everything outside a modal dialog is out of reach), or back with null.
   *
   * @param {Element | null} dialog
   */
  moveTo(dialog) {
    if (dialog) dialog.querySelector(".sheet-head")?.after(this.region);
    else document.body.append(this.region);
  }

  clear() {
    this.region.replaceChildren();
  }
}
