// What was typed in a task's form and is not saved yet.

/**
 * @import { Start } from "../../sheets.js"
 * @import { Drafts } from "../../state/drafts.js"
 * @import { Entered } from "./task-fields.js"
 */

/** @typedef {{before: Entered, entered: Entered, etag: string | null}} Draft What was typed, and over what. */

const ASIDE = "aside";

/** What a new task's form holds before anything is entered. @type {Entered} */
export const NOTHING = {
  title: "",
  description: null,
  due_date: null,
  recurrence_pattern: null,
  recurrence_end_date: null,
  reminders: [],
  tags: [],
  priority: "none",
};

/**
 * The draft that a form begins with; null where there is none, or where it is given something else. What was begun
 * before then waits until that is saved, or discarded.
 *
 * @param {Drafts} drafts
 * @param {string} name
 * @param {Start} start
 */
export function draftFor(drafts, name, start) {
  const draft = asDraft(drafts.get(name));
  if (!Object.values(start).some(Boolean)) return draft;
  if (draft) drafts.setList(ASIDE, [draft, ...drafts.list(ASIDE)]);
  return null;
}

/**
 * What was put aside last is the draft of that name again; null where nothing waits.
 *
 * @param {Drafts} drafts
 * @param {string} name
 */
export function takeAside(drafts, name) {
  const [next, ...others] = drafts.list(ASIDE);
  const aside = asDraft(next);
  if (aside) drafts.set(name, aside);
  drafts.setList(ASIDE, others);
  return aside;
}

/**
 * What was kept, where it is a draft: another release may have kept something else.
 *
 * @param {unknown} value
 * @returns {Draft | null}
 */
function asDraft(value) {
  const draft = /** @type {Draft | null} */ (value);
  return draft?.before && draft.entered ? draft : null;
}
