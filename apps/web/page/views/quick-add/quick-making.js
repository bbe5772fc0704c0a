// Makes tasks of lines. Until nothing can be lost of it any more, a line is kept beside the drafts: a page that closes
// meanwhile has it again at the next visit.

import { ApiError } from "../../server/errors.js";
import { strings } from "../../strings/index.js";
import { refusalOf } from "./quick-said.js";
import { newTaskOf } from "./quick-sending.js";

/**
 * @import { TaskView } from "../../../types/chat-api.js"
 * @import { Said } from "../../domain/line.js"
 * @import { Clock } from "../../domain/zones.js"
 * @import { TaskActions } from "../../state/actions.js"
 * @import { Drafts } from "../../state/drafts.js"
 * @import { LineReader } from "../../state/line-reader.js"
 * @import { Sent } from "./quick-sending.js"
 */

/** @typedef {{coming: string, release: () => void}} Begun Its row, and what lets the line go. */

/**
 * `onBack(sent, reason)` gets the lines of which no task could be made; `onMany` is called when several are made.
 *
 * @param {{actions: TaskActions, drafts: Drafts, clock: Clock, reader: LineReader, onAdded: (task: TaskView) => void,
 *   onBack: (sent: Sent, reason: string) => void, onMany: () => void}} needs
 */
export function quickMaking({ actions, drafts, clock, reader, onAdded, onBack, onMany }) {
  /**
   * @param {Sent} sent
   * @param {Said | null} meant
   * @returns {Begun}
   */
  function begin(sent, meant) {
    return { coming: actions.expect(newTaskOf(meant, sent, clock)), release: drafts.hold("lines", sent) };
  }

  /**
   * Makes a task of a line, which comes back with the reason where that fails.
   *
   * @param {Sent} sent
   * @param {Said | null} meant what was seen of it; null where it must still be read
   * @param {Begun} [begun]
   */
  async function make(sent, meant, begun = begin(sent, meant)) {
    try {
      const refusal = meant ? await create(meant, sent, begun) : await readAndCreate(sent, begun);
      if (refusal) onBack(sent, refusal);
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      onBack(sent, problem.fields.get("title") ?? problem.message);
    } finally {
      actions.giveUp(begun.coming);
      begun.release();
    }
  }

  /**
   * @param {Said | null} meant
   * @param {Sent} sent
   * @param {Begun} begun
   */
  async function create(meant, sent, { coming, release }) {
    onAdded(await actions.create(newTaskOf(meant, sent, clock), coming, release));
    return "";
  }

  /**
   * Makes a task of a line that was sent before it was read; says why it does not.
   *
   * @param {Sent} sent
   * @param {Begun} begun
   */
  async function readAndCreate(sent, begun) {
    const reading = await reader.ask(sent.line);
    const refusal = reading && refusalOf(reading, reading.options.length > 0 ? null : reading);
    if (refusal) return refusal;
    await create(reading, sent, begun);
    if (!reading) actions.tell({ text: strings.quick.addedAsTyped, key: "as-typed" });
    const unread = reading?.unread.map((one) => strings.quick.quoted(one.text)) ?? [];
    if (unread.length > 0) actions.tell({ text: strings.quick.addedWithoutDate(unread) });
    return "";
  }

  /** @param {Sent[]} all */
  async function makeEach(all) {
    onMany();
    const begun = all.map((sent) => begin(sent, null));
    for (const [at, sent] of all.entries()) await make(sent, null, begun[at]);
  }

  /** @param {string[]} lines */
  function makeAll(lines) {
    return makeEach(lines.map((text) => ({ line: { text, kept: [] }, days: null })));
  }

  return { make, makeEach, makeAll };
}
