// Looking back, in English: the trash, and what happened.

import { pluralsOf } from "../locale.js";

const plural = pluralsOf("en");

export const review = {
  trash: {
    title: "Trash",
    intro: "What you delete stays here for a while and comes back just as it was.",
    loading: "Loading…",
    search: "Search the trash",
    nothing: "The trash is empty.",
    nothingFound: "Nothing in the trash has these words.",
    more: "Show more",
    again: "Try again",
    /** @param {string} when @param {number} days that it is kept from now on */
    deleted: (when, days) =>
      `Deleted ${when} · ${days > 0 ? `kept for ${plural(days, { one: "more day", other: "more days" })}` : "last day"}`,
    due: (/** @type {string} */ when) => `Due ${when}`,
    done: "Done",
    restore: "Restore",
    restoreIt: (/** @type {string} */ title) => `Restore ${title}`,
    restoreAll: (/** @type {number} */ count) => `Restore all ${count}`,
    /** @param {number} count @param {string} title */
    restoreAllOf: (count, title) => `Restore all ${count}: ${title} and what was deleted with it`,
    history: "History",
    historyOf: (/** @type {string} */ title) => `History of ${title}`,
    remove: "Delete for good",
    sure: "Really delete?",
    gone: "That task is not in the trash any more.",
    restored: (/** @type {string} */ title) => `“${title}” restored`,
    show: "Show",
    empty: "Empty the trash…",
    emptyTitle: "Empty the trash?",
    emptyMeans: "Everything in it is gone for good. Only the history of the tasks stays.",
    emptyConfirm: "Empty the trash",
  },
  activity: {
    title: "Activity",
    loading: "Loading…",
    nothing: "Nothing happened in this time.",
    more: "Show more",
    again: "Try again",
    kind: "What",
    kinds: {
      all: "Everything",
      created: "Created",
      changed: "Changed",
      done: "Marked done",
      deleted: "Deleted",
      reminders: "Reminders",
    },
    range: "When",
    ranges: {
      today: "Today",
      week: "This week",
      days7: "Last 7 days",
      days30: "Last 30 days",
      all: "At any time",
      own: "Choose days…",
    },
    from: "From",
    to: "To",
    aTask: "A task",
    inTrash: "In the trash",
    sealed: "Sealed",
    sealedMeans: "Sealed: from then on nobody can change or remove the entry without that being found.",
  },
};
