// What is typed or pasted while what it is meant for is still being loaded: neither shortcuts, nor text of the field that
// has the focus until then.

/** Takes up what is typed, from `begin` until it is handed over. */
export class TypeAhead {
  constructor() {
    this.text = "";
    this.listening = new AbortController();
  }

  /** From now on; who touches the page or moves the focus means what is there, and not what is to come. */
  begin() {
    this.listening.abort();
    this.listening = new AbortController();
    const how = { signal: this.listening.signal, capture: true };
    addEventListener("keydown", (event) => this.pressed(event), how);
    addEventListener("paste", (event) => this.pasted(event), how);
    for (const moved of ["pointerdown", "focusin"]) addEventListener(moved, () => this.listening.abort(), how);
  }

  /** Ends it; returns what was typed. */
  take() {
    this.listening.abort();
    const { text } = this;
    this.text = "";
    return text;
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    const { key } = event;
    const commands = (event.ctrlKey || event.metaKey) && !event.getModifierState("AltGraph");
    if (commands || event.isComposing || key === "Escape") return;
    if ([...key].length === 1) this.text += key;
    else if (key === "Backspace") this.text = [...this.text].slice(0, -1).join("");
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  /** @param {ClipboardEvent} event */
  pasted(event) {
    this.text += event.clipboardData?.getData("text/plain") ?? "";
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}
