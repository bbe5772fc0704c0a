// The page's shortcuts: single keys, while no dialog is open and no field has the focus.

import * as device from "./device.js";

/**
 * Runs what a key is bound to, until `signal` ends it.
 *
 * @param {Record<string, () => boolean | void>} bindings by KeyboardEvent.key; one that says false did nothing
 * @param {AbortSignal} signal
 */
export function listenForKeys(bindings, signal) {
  addEventListener(
    "keydown",
    (event) => {
      const run = Object.hasOwn(bindings, event.key) ? bindings[event.key] : null;
      if (!run || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (document.querySelector("dialog[open]") || !shortcutsWanted()) return;
      if (run() !== false) event.preventDefault();
    },
    { signal },
  );
}

/**
 * Runs what Ctrl+K (Cmd+K) is for, also from a field; with a modifier it gets in nobody's way.
 *
 * @param {() => void} run
 * @param {AbortSignal} signal
 */
export function listenForPalette(run, signal) {
  addEventListener(
    "keydown",
    (event) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) run();
    },
    { signal },
  );
}

/** Whether the person wants shortcuts on this device. */
export function shortcutsWanted() {
  return device.get("keys") !== "off";
}

/**
 * Keeps whether they are wanted.
 *
 * @param {boolean} wanted
 */
export function wantShortcuts(wanted) {
  device.set("keys", wanted ? "on" : "off");
}

/**
 * Whether a key press is meant for a field rather than for a shortcut; a box that is ticked takes no letters.
 *
 * @param {KeyboardEvent} event
 */
function isTyping({ target }) {
  if (target instanceof HTMLInputElement && /^(checkbox|radio)$/.test(target.type)) return false;
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
