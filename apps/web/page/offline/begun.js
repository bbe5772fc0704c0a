// One change that is kept and about to be sent.

import { isFlying, isNoAnswer } from "./entries.js";
import { call } from "./sending.js";

/**
 * @import { Begun } from "../state/task-calls.js"
 * @import { Entry } from "./entries.js"
 * @import { WriteQueue } from "./write-queue.js"
 */

const SOON = 1_500;

/**
 * @param {WriteQueue} queue
 * @param {Entry} entry
 * @param {() => Promise<Entry>} kept the same with its place
 * @returns {Begun}
 */
export function begunOf(queue, entry, kept) {
  /** @type {Begun["state"]} */
  let state = isFlying(entry) ? "new" : "waiting";

  /** @param {boolean} tried */
  async function wait(tried) {
    await queue.keep({ ...(await kept()), tab: "", tried });
    return null;
  }

  async function send(/** @type {string | null} */ etag = entry.etag ?? null) {
    // Whoever comes after this person here must not send it: they find it when they sign in again.
    if (queue.ending.signal.aborted || state === "dropped") return null;
    if (state === "waiting") return kept().then(() => null);
    if (queue.mustWait(entry)) {
      state = "waiting";
      return wait(false);
    }
    state = "sent";
    try {
      const answer = await call(queue.api, { ...entry, etag }, entry.keepalive);
      queue.forget(await kept());
      return answer;
    } catch (error) {
      if (isNoAnswer(error)) {
        queue.draining.soon(SOON);
        return wait(true);
      }
      queue.forget(await kept());
      throw error;
    }
  }

  return {
    send,
    get state() {
      return state;
    },
    async drop() {
      state = "dropped";
      await queue.forget(await kept());
    },
  };
}
