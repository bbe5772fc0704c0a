// What is typed or pasted while what it is meant for is still being loaded: neither shortcuts, nor text of the field that
// has the focus until then.

/**
 * Takes up what is typed from now on, until what it returns is called, which tells it. Who touches the page or moves the
 * focus means what is there, and not what is to come.
 */
export function typeAhead() {
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
      // With Alt, too, letters are typed: by that key or by AltGr, which is Ctrl and Alt.
      if (event.metaKey || (event.ctrlKey && !event.altKey) || event.isComposing || key === "Escape") return;
      if (key === "Backspace") take(event, text.slice(0, -1));
      else take(event, [...key].length > 1 ? text : text + key);
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
