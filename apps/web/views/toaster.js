// Short messages at the edge of the page, with what can be done about them.

import { h } from "../dom.js";
import { icon } from "../icons.js";

const STAY = 5;

/** Shows toasts in one polite live region, which moves into an open dialog so that it stays within reach. */
export class Toaster {
  constructor() {
    this.region = h("div", { class: "toasts", role: "status", "aria-live": "polite", "aria-label": "Messages" });
    document.body.append(this.region);
  }

  /**
   * Shows `text` for some seconds (Infinity: until closed), longer while the pointer or the focus is on it.
   * `actions` are `{label, run}`; `kind` is "plain", "problem" or "reminder"; `key` replaces an older toast of the
   * same key. Returns a function that takes it away.
   */
  show({ text, detail = "", actions = [], seconds = STAY, kind = "plain", key = null }) {
    if (key) this.region.querySelector(`[data-key="${CSS.escape(key)}"]`)?.remove();
    const close = () => {
      clearTimeout(timer);
      toast.remove();
    };
    let timer = 0;
    const arm = () => {
      clearTimeout(timer);
      if (Number.isFinite(seconds)) timer = setTimeout(close, seconds * 1000);
    };
    const buttons = actions.map(({ label, run }) =>
      h("button", { type: "button", class: "toast-action", on: { click: () => (close(), run()) } }, label),
    );
    const toast = h(
      "div",
      {
        class: `toast toast-${kind}`,
        data: key ? { key } : {},
        on: { pointerenter: () => clearTimeout(timer), pointerleave: arm, focusin: () => clearTimeout(timer), focusout: arm },
      },
      kind === "plain" ? null : icon(kind === "reminder" ? "bell" : "alert"),
      h("div", { class: "toast-text" }, h("span", {}, text), detail ? h("span", { class: "toast-detail" }, detail) : null),
      h("div", { class: "toast-actions" }, buttons),
      h("button", { type: "button", class: "icon-button", "aria-label": "Close message", on: { click: close } }, icon("close")),
    );
    this.region.append(toast);
    arm();
    return close;
  }

  /** Takes away the toasts of a kind whose key is not among `keys`. */
  keep(kind, keys) {
    for (const toast of this.region.querySelectorAll(`.toast-${kind}`)) if (!keys.has(toast.dataset.key)) toast.remove();
  }

  /** Moves the messages into a dialog (everything outside a modal dialog is out of reach), or back with null. */
  moveTo(dialog) {
    if (dialog) dialog.querySelector(".sheet-head").after(this.region);
    else document.body.append(this.region);
  }

  clear() {
    this.region.replaceChildren();
  }
}
