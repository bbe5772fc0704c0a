// What is typed or pasted while what it is meant for is still being loaded: neither shortcuts, nor text of the field that
// has the focus until then.

/**
 * Takes up what is typed from now on, until what it returns is called, which tells it. Who touches the page or moves the
 * focus means what is there, and not what is to come; who presses Escape (`onLeave`) does not want it any more.
 *
 * @param {() => void} onLeave
 */
export function typeAhead(onLeave) {
  let text = "";
  const over = new AbortController();
  const how = { signal: over.signal, capture: true };
  const stop = () => over.abort();

  /**
   * @param {Event} event
   * @param {string} typed
   */
  function take(event, typed) {
    text = typed;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  addEventListener(
    "keydown",
    (event) => {
      const { key } = event;
      if (event.isComposing || isCommand(event)) return;
      if ([...key].length === 1) take(event, event.repeat ? text : text + key);
      else if (key === "Backspace") take(event, text.slice(0, -1));
      else if (key === "Enter" || key === "Delete") take(event, text);
      else if (key === "Escape") onLeave();
    },
    how,
  );
  addEventListener("paste", (event) => take(event, text + (event.clipboardData?.getData("text/plain") ?? "")), how);
  addEventListener("pointerdown", stop, how);
  addEventListener("focusin", stop, how);
  return () => {
    stop();
    return text;
  };
}

/**
 * Whether keys held with this one make it a command. AltGr is Ctrl and Alt, and types; so does Alt on a Mac, what is no
 * plain letter.
 *
 * @param {KeyboardEvent} event
 */
function isCommand({ key, metaKey, ctrlKey, altKey }) {
  return metaKey || (ctrlKey !== altKey && (ctrlKey || /^\w$/.test(key)));
}
