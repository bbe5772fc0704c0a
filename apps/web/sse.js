// Reads server-sent events from a fetched answer.
//
// EventSource hides the status of a refused stream, its Retry-After and the heartbeats, and the page needs all
// three: 401 leads to signing in, 429 to a later try, silence to a new connection.

/** Takes text in pieces of any size and calls `onEvent({id, event, data})` and `onRetry(milliseconds)`. */
export class EventParser {
  constructor({ onEvent, onRetry = () => {} }) {
    this.onEvent = onEvent;
    this.onRetry = onRetry;
    this.rest = "";
    this.begin();
  }

  begin() {
    this.id = null;
    this.event = "message";
    this.data = [];
  }

  /** The next piece of the stream. */
  push(text) {
    // A piece may end between a CR and its LF: the CR waits for what follows.
    const joined = this.rest + text;
    const held = joined.endsWith("\r") ? 1 : 0;
    const lines = joined.slice(0, joined.length - held).split(/\r\n|\n|\r/);
    this.rest = lines.pop() + joined.slice(joined.length - held);
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (line === "") {
      if (this.data.length > 0) this.onEvent({ id: this.id, event: this.event, data: this.data.join("\n") });
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
 * Opens a stream and reads it to its end. Calls `onOpen()` once it is accepted, then `onEvent` and `onRetry`.
 * Returns the response, whose status tells a refusal. Raises TypeError when it breaks, AbortError when `signal`
 * or `silence` milliseconds without a byte end it.
 */
export async function readEvents(url, { signal, silence, onOpen, onEvent, onRetry }) {
  const quiet = new AbortController();
  const stop = () => quiet.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  let watchdog = 0;
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
    const parser = new EventParser({ onEvent, onRetry });
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
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
