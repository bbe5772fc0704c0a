// Reads server-sent events from a fetched answer.
//
// EventSource hides the status of a refused stream, its Retry-After and the heartbeats, and the page needs all
// three: 401 leads to signing in, 429 to a later try, silence to a new connection.

/** @typedef {{id: string | null, event: string, data: string}} ServerEvent */

/**
 * @typedef {object} Listeners
 * @property {(event: ServerEvent) => void} onEvent
 * @property {(id: string) => void} [onId] an id that comes without an event
 * @property {(milliseconds: number) => void} [onRetry] how long the server wants one to wait before coming back
 */

/** Takes text in pieces of any size and calls its listeners. */
export class EventParser {
  /** @param {Listeners} listeners */
  constructor({ onEvent, onId = () => {}, onRetry = () => {} }) {
    this.onEvent = onEvent;
    this.onId = onId;
    this.onRetry = onRetry;
    this.rest = "";
    /** @type {string | null} */
    this.id = null;
    this.event = "message";
    /** @type {string[]} */
    this.data = [];
  }

  begin() {
    this.id = null;
    this.event = "message";
    this.data = [];
  }

  /**
   * The next piece of the stream.
   *
   * @param {string} text
   */
  push(text) {
    // A piece may end between a CR and its LF: the CR waits for what follows.
    const joined = this.rest + text;
    const held = joined.endsWith("\r") ? 1 : 0;
    const lines = joined.slice(0, joined.length - held).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + joined.slice(joined.length - held);
    for (const line of lines) this.line(line);
  }

  /** @param {string} line */
  line(line) {
    if (line === "") {
      if (this.data.length > 0) this.onEvent({ id: this.id, event: this.event, data: this.data.join("\n") });
      else if (this.id !== null) this.onId(this.id);
      this.begin();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
    else if (field === "event") this.event = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.onRetry(Number(value));
  }
}

/**
 * Opens a stream and reads it to its end. Calls `onOpen()` once it is accepted, then what a parser calls.
 * Returns the response, whose status tells a refusal. Raises TypeError when it breaks, AbortError when `signal`
 * or `silence` milliseconds without a byte end it.
 *
 * @param {string} url
 * @param {{signal: AbortSignal, silence: number, onOpen: () => void} & Listeners} options
 */
export async function readEvents(url, { signal, silence, onOpen, onEvent, onId, onRetry }) {
  const quiet = new AbortController();
  const stop = () => quiet.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let watchdog;
  const heard = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => quiet.abort(new DOMException("No sign of life", "AbortError")), silence);
  };
  try {
    heard();
    const response = await fetch(url, {
      headers: { Accept: "text/event-stream" },
      cache: "no-store",
      credentials: "same-origin",
      signal: quiet.signal,
    });
    if (!response.ok) return response;
    onOpen();
    const parser = new EventParser({ onEvent, onId, onRetry });
    const decoder = new TextDecoder();
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return response;
      heard();
      parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", stop);
  }
}
