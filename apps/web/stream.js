// The live stream, one for all tabs: the tab that holds the lock reads it and passes each frame on to the others.
//
// Every tab remembers the last frame it saw, so whichever tab takes over resumes from there.

import { retryAfterSeconds } from "./api.js";
import { readEvents } from "./sse.js";

const URL_PATH = "/api/v1/notifications/stream";
const SILENCE = 75_000; // the server's heartbeat comes every 30 seconds
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

/**
 * `onFrame(frame)` gets each frame, `onState({state, resumed, seconds})` each change of the connection: "connecting",
 * "live" (`resumed` is false when frames may have been missed), "waiting" (out of reach), "busy" (too many streams,
 * tried again after `seconds`). `renew()` renews the session and says whether it is still good; `onSignedOut` follows
 * when it is not.
 */
export class LiveStream {
  constructor({ userId, onFrame, onState, onSignedOut, renew, silence = SILENCE, wait = FIRST_WAIT }) {
    Object.assign(this, { userId, onFrame, onState, onSignedOut, renew, silence });
    this.firstWait = wait;
    this.lastId = null;
    this.leading = false;
    this.status = { state: "connecting", resumed: true };
    this.stopping = new AbortController();
    this.hurry = () => {};
    this.interrupt = () => {};
  }

  /** Joins the other tabs and, if none reads the stream yet, reads it. */
  start() {
    const name = `taskflow-stream-${this.userId}`;
    this.channel = new BroadcastChannel(name);
    this.channel.addEventListener("message", ({ data }) => this.heard(data));
    this.channel.postMessage({ kind: "hello" });
    const { signal } = this.stopping;
    // Locks exist on https and localhost only; elsewhere each tab reads a stream of its own.
    if (!navigator.locks) {
      this.lead();
      return;
    }
    navigator.locks.request(name, { signal }, () => this.lead()).catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  /** Leaves for good; another tab takes over. */
  stop() {
    this.stopping.abort();
    this.channel?.close();
  }

  /** Tries again at once, when there is reason to think that it works now (back online, page in view again). */
  nudge() {
    this.hurry();
  }

  /** Ends the connection to open a new one, for a page that was asleep and may be holding a dead one. */
  restart() {
    this.interrupt();
    this.hurry();
  }

  heard(message) {
    if (message.kind === "frame") {
      this.take(message.frame, message.lastId);
    } else if (message.kind === "status") {
      this.lastId = message.lastId ?? this.lastId;
      this.report(message.status);
    } else if (message.kind === "hello" && this.leading) {
      // What a newcomer missed it reads from its list, so its stream counts as whole.
      this.tell({ kind: "status", status: { ...this.status, resumed: true }, lastId: this.lastId });
    }
  }

  tell(message) {
    if (!this.stopping.signal.aborted) this.channel.postMessage(message);
  }

  take(frame, lastId) {
    this.lastId = lastId;
    this.onFrame(frame);
  }

  report(status) {
    this.status = status;
    this.onState(status);
  }

  announce(status) {
    this.report(status);
    this.tell({ kind: "status", status, lastId: this.lastId });
  }

  async lead() {
    this.leading = true;
    const { signal } = this.stopping;
    let failures = 0;
    let renewed = false;
    while (!signal.aborted) {
      const turn = await this.connect();
      if (signal.aborted) return;
      if (turn.opened) {
        failures = 0;
        renewed = false;
      }
      if (turn.signedOut || (turn.status === 401 && (renewed || !(await this.renew())))) {
        this.leading = false;
        this.onSignedOut();
        return;
      }
      if (turn.status === 401) {
        renewed = true;
        continue;
      }
      if (turn.status === 429) {
        const seconds = turn.retryAfter ?? 30;
        this.announce({ state: "busy", resumed: true, seconds });
        await this.pause(seconds * 1000 * (1 + 0.2 * Math.random()));
        continue;
      }
      const base = turn.opened ? (turn.retry ?? this.firstWait) : Math.min(LONGEST_WAIT, this.firstWait * 2 ** failures);
      failures += turn.opened ? 0 : 1;
      this.announce({ state: turn.opened ? "connecting" : "waiting", resumed: true });
      // Many pages lose their stream at the same moment; each comes back at a moment of its own.
      await this.pause(base * (0.5 + Math.random() / 2));
    }
  }

  /** One connection from its opening to its end: `{opened, status, retryAfter, retry, signedOut}`. */
  async connect() {
    const turn = { opened: false, status: 0, retryAfter: null, retry: null, signedOut: false };
    const cut = new AbortController();
    const stop = () => cut.abort();
    this.stopping.signal.addEventListener("abort", stop);
    this.interrupt = stop;
    let renewal = null;
    const query = this.lastId ? `?${new URLSearchParams({ last_event_id: this.lastId })}` : "";
    try {
      const response = await readEvents(URL_PATH + query, {
        signal: cut.signal,
        silence: this.silence,
        onOpen: () => {
          turn.opened = true;
          this.announce({ state: "live", resumed: this.lastId !== null });
        },
        onRetry: (milliseconds) => {
          turn.retry = milliseconds;
        },
        onEvent: ({ id, data }) => {
          const frame = decode(data);
          if (!frame) return;
          if (frame.type === "expiring") renewal ??= this.renew();
          const lastId = id ?? frame.id ?? (frame.type === "reset" ? null : this.lastId);
          this.take(frame, lastId);
          this.tell({ kind: "frame", frame, lastId });
        },
      });
      turn.status = response.status;
      turn.retryAfter = retryAfterSeconds(response.headers);
    } catch (error) {
      if (!(error instanceof TypeError) && error.name !== "AbortError") throw error;
    } finally {
      this.stopping.signal.removeEventListener("abort", stop);
    }
    if (renewal && !(await renewal)) turn.signedOut = true;
    return turn;
  }

  /** Waits, or less when hurried or stopped. */
  pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.hurry = () => {
        clearTimeout(timer);
        resolve();
      };
      this.stopping.signal.addEventListener("abort", this.hurry, { once: true });
    });
  }
}

function decode(data) {
  try {
    return JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
