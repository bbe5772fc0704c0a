// The live stream, one for all tabs: the tab that holds the lock reads it and passes each frame on to the others.
//
// Every tab remembers the last frame it saw, or where the stream said it stands, so whichever tab takes over resumes
// from there.

import { openChannel } from "./channel.js";
import { retryAfterSeconds } from "./errors.js";
import { readEvents } from "./sse.js";

/**
 * @import { BatchFrame, ExpiringFrame, ReminderFrame, ResetFrame, SignedOutFrame, TaskFrame } from "../../types/notification-service.js"
 * @import { Channel } from "./channel.js"
 */

/** @typedef {TaskFrame | ReminderFrame | BatchFrame | ResetFrame | ExpiringFrame | SignedOutFrame} Frame */

/**
 * @typedef {object} Status The connection's state: "waiting" is out of reach, "busy" too many streams.
 * @property {"connecting" | "live" | "waiting" | "busy"} state
 * @property {boolean} resumed false when frames may have been missed
 * @property {number} [seconds] until a busy stream is tried again
 */

/**
 * @typedef {{kind: "hello"}
 *   | {kind: "position", lastId: string | null}
 *   | {kind: "frame", frame: Frame, lastId: string | null}
 *   | {kind: "status", status: Status, lastId: string | null}} Message What tabs tell one another.
 */

/** @typedef {{opened: boolean, status: number, retryAfter: number | null, retry: number | null, signedOut: boolean}} Turn */

const URL_PATH = "/api/v1/notifications/stream";
const SILENCE = 75_000; // the server's heartbeat comes every 30 seconds
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

/** Reads the stream, or hears of it from the tab that does, until it is stopped. */
export class LiveStream {
  /**
   * @param {object} needs
   * @param {string} needs.userId whose stream it is: tabs of others keep one of their own
   * @param {(frame: Frame) => void} needs.onFrame gets each frame
   * @param {(status: Status) => void} needs.onState gets each change of the connection
   * @param {() => Promise<boolean>} needs.renew renews the session and says whether it is still good
   * @param {() => unknown} needs.onSignedOut follows when it is not; settles with true once it is again
   * @param {number} [needs.silence] milliseconds without a byte that mean a dead connection
   * @param {number} [needs.wait] milliseconds before the first new try
   */
  constructor({ userId, onFrame, onState, onSignedOut, renew, silence = SILENCE, wait = FIRST_WAIT }) {
    this.userId = userId;
    this.onFrame = onFrame;
    this.onState = onState;
    this.onSignedOut = onSignedOut;
    this.renew = renew;
    this.silence = silence;
    this.firstWait = wait;
    /** @type {string | null} */
    this.lastId = null;
    this.leading = false;
    /** @type {Status} */
    this.status = { state: "connecting", resumed: true };
    this.stopping = new AbortController();
    /** @type {Channel | null} */
    this.channel = null;
    this.hurry = () => {};
  }

  /** Joins the other tabs and, if none reads the stream yet, reads it. */
  start() {
    const name = `taskflow-stream-${this.userId}`;
    this.channel = openChannel(name, (message) => this.heard(message));
    this.channel?.tell({ kind: "hello" });
    const { signal } = this.stopping;
    // Locks exist on https and localhost only; without them, or without a way to the others, each tab reads its own.
    if (!navigator.locks || !this.channel) {
      this.lead();
      return;
    }
    navigator.locks
      .request(name, { signal }, () => this.lead())
      .catch((error) => {
        if (!isAbort(error)) throw error;
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

  /** @param {Message} message */
  heard(message) {
    if (message.kind === "position") {
      this.lastId = message.lastId;
    } else if (message.kind === "frame") {
      this.take(message.frame, message.lastId);
    } else if (message.kind === "status") {
      this.lastId = message.lastId ?? this.lastId;
      this.report(message.status);
    } else if (message.kind === "hello" && this.leading) {
      // What a newcomer missed it reads from its list, so its stream counts as whole.
      this.tell({ kind: "status", status: { ...this.status, resumed: true }, lastId: this.lastId });
    }
  }

  /** @param {Message} message */
  tell(message) {
    if (!this.stopping.signal.aborted) this.channel?.tell(message);
  }

  /**
   * @param {Frame} frame
   * @param {string | null} lastId
   */
  take(frame, lastId) {
    this.lastId = lastId;
    this.onFrame(frame);
  }

  /** @param {Status} status */
  report(status) {
    this.status = status;
    this.onState(status);
  }

  /** @param {Status} status */
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
      if (await this.isOver(turn, renewed)) {
        return;
      }
      if (turn.status === 401) {
        renewed = true;
      } else if (turn.status === 429) {
        await this.comeBackWhenLessBusy(turn);
      } else {
        await this.comeBack(turn, failures);
        if (!turn.opened) failures += 1;
      }
    }
  }

  /**
   * Whether the session is over: it is not when it can be renewed, once, or the person signs in again.
   *
   * @param {Turn} turn
   * @param {boolean} renewed
   */
  async isOver(turn, renewed) {
    const over = turn.signedOut || (turn.status === 401 && (renewed || !(await this.renew())));
    if (!over) return false;
    this.leading = false;
    this.leading = (await this.onSignedOut()) === true;
    return !this.leading;
  }

  /** @param {Turn} turn */
  async comeBackWhenLessBusy(turn) {
    const seconds = turn.retryAfter ?? 30;
    this.announce({ state: "busy", resumed: true, seconds });
    await this.pause(seconds * 1000 * (1 + 0.2 * Math.random()));
  }

  /**
   * @param {Turn} turn
   * @param {number} failures before it, one after the other
   */
  async comeBack(turn, failures) {
    const base = turn.opened ? (turn.retry ?? this.firstWait) : Math.min(LONGEST_WAIT, this.firstWait * 2 ** failures);
    this.announce({ state: turn.opened ? "connecting" : "waiting", resumed: true });
    // Many pages lose their stream at the same moment; each comes back at a moment of its own.
    await this.pause(base * (0.5 + Math.random() / 2));
  }

  /** One connection from its opening to its end. */
  async connect() {
    /** @type {Turn} */
    const turn = { opened: false, status: 0, retryAfter: null, retry: null, signedOut: false };
    const cut = new AbortController();
    const stop = () => cut.abort();
    this.stopping.signal.addEventListener("abort", stop);
    /** @type {Promise<boolean> | null} */
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
        onId: (id) => {
          this.lastId = id;
          this.tell({ kind: "position", lastId: id });
        },
        onRetry: (milliseconds) => {
          turn.retry = milliseconds;
        },
        onEvent: ({ id, data }) => {
          const frame = decode(data);
          if (!frame) return;
          // Who was signed out may have signed in again in another tab; then the session can be renewed.
          if (frame.type === "expiring" || frame.type === "signed_out") renewal ??= this.renew();
          const lastId = id ?? frame.id ?? (frame.type === "reset" ? null : this.lastId);
          this.take(frame, lastId);
          this.tell({ kind: "frame", frame, lastId });
        },
      });
      turn.status = response.status;
      turn.retryAfter = retryAfterSeconds(response.headers);
    } catch (error) {
      if (!(error instanceof TypeError) && !isAbort(error)) throw error;
    } finally {
      this.stopping.signal.removeEventListener("abort", stop);
    }
    if (renewal && !(await renewal)) turn.signedOut = true;
    return turn;
  }

  /**
   * Waits, or less when hurried or stopped.
   *
   * @param {number} milliseconds
   * @returns {Promise<void>}
   */
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

/** @param {unknown} error */
function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * A frame, or null for a line that is none.
 *
 * @param {string} data
 * @returns {Frame | null}
 */
function decode(data) {
  try {
    return JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
