// Has the line for new tasks read by the server while it is typed. Only the answer to the last question counts; where
// there is none in time the line is not read, and is a title as it stands.

import { ApiError, hasStatus } from "../server/errors.js";
import { loadRefusals } from "../strings/refusals.js";

/**
 * @import { Parsed, Stretch } from "../../types/chat-api.js"
 * @import { Api } from "../server/api.js"
 */

/** @typedef {{text: string, kept: Stretch[]}} Line What is typed; the words in `kept` are the title's and not read. */

const PAUSE = 180;
const PATIENCE = 4_000;
const FRESH = 300_000;

/** Reads lines; `onRead` is told what the last one says, null where it is not known. */
export class LineReader {
  /**
   * @param {object} needs
   * @param {Api} needs.api
   * @param {(reading: Parsed | null) => void} needs.onRead
   * @param {number} [needs.patience] milliseconds after which an answer is no longer waited for
   */
  constructor({ api, onRead, patience = PATIENCE }) {
    this.api = api;
    this.onRead = onRead;
    this.patience = patience;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.asking = new AbortController();
    /** @type {{key: string, at: number, reading: Parsed} | null} what was told last */
    this.last = null;
  }

  /**
   * Reads a line in a moment, unless another one comes first.
   *
   * @param {Line} line
   * @param {number} [pause] milliseconds
   */
  soon(line, pause = PAUSE) {
    this.stop();
    if (line.text.trim()) this.timer = setTimeout(() => this.tell(line), pause);
    else this.take(line, null);
  }

  /** Waits for nothing any more. */
  stop() {
    clearTimeout(this.timer);
    this.asking.abort();
  }

  /** @param {Line} line */
  async tell(line) {
    const asking = new AbortController();
    this.asking = asking;
    const reading = await this.ask(line, asking.signal);
    if (!asking.signal.aborted) this.take(line, reading);
  }

  /**
   * @param {Line} line
   * @param {Parsed | null} reading
   */
  take(line, reading) {
    this.last = reading && { key: keyOf(line), at: Date.now(), reading };
    this.onRead(reading);
  }

  /**
   * What was told of exactly this line, a moment ago; null where it must be asked.
   *
   * @param {Line} line
   */
  known(line) {
    const { last } = this;
    return last?.key === keyOf(line) && Date.now() - last.at < FRESH ? last.reading : null;
  }

  /**
   * What a line says; null where that cannot be told in time.
   *
   * @param {Line} line
   * @param {AbortSignal} [signal] ends the waiting
   * @returns {Promise<Parsed | null>}
   */
  async ask(line, signal) {
    const limit = AbortSignal.timeout(this.patience);
    const ends = signal ? AbortSignal.any([signal, limit]) : limit;
    try {
      const reading = await this.send(line, ends);
      // Why words were not read is said in words that are loaded by then.
      if (reading.unread.length > 0) await loadRefusals();
      return reading;
    } catch (error) {
      if (error instanceof ApiError || ends.aborted) return null;
      throw error;
    }
  }

  /**
   * @param {Line} line
   * @param {AbortSignal} signal
   * @returns {Promise<Parsed>}
   */
  async send(line, signal) {
    const options = { body: line, quiet: true, signal };
    try {
      return await this.api.json("POST", "/api/v1/parse", options);
    } catch (error) {
      // Typing alone ends no session: that is for who adds the task to hear.
      if (!hasStatus(error, 401) || !(await this.api.renew())) throw error;
      return this.api.json("POST", "/api/v1/parse", options);
    }
  }
}

/** @param {Line} line */
function keyOf({ text, kept }) {
  return JSON.stringify([text, kept]);
}
