// What happened to a task, in English.

export const history = {
  history: {
    title: "History",
    loading: "Loading…",
    empty: "Nothing recorded yet. New changes appear here a moment after they happen.",
    behind: "The latest change is not in the history yet.",
    none: "There is no history for this task.",
    byTaskFlow: " by TaskFlow",
    created: "Created",
    restored: "Restored",
    done: "Marked done",
    deleted: "Deleted",
    reopened: "Reopened",
    changed: "Changed",
    /** @param {string} offset "" where it is not known @param {boolean} late */
    reminded: (offset, late) => `Reminder sent${offset && ` (${offset})`}${late ? ", late" : ""}`,
    fields: {
      title: "Title",
      description: "Description",
      due_date: "Due date",
      due_all_day: "All day",
      recurrence_pattern: "Repeat",
      recurrence_end_date: "Repeat until",
      recurrence_timezone: "Time zone of the repeat",
      tags: "Tags",
      priority: "Priority",
      reminders: "Reminders",
      occurrence_date: "Date in the repeat",
    },
    fieldChanged: (/** @type {string} */ name) => `${name} changed`,
    /** @param {string} name @param {string} now */
    fieldSet: (name, now) => `${name} set to ${now}`,
    /** @param {string} name @param {string} old @param {string} now */
    fieldFromTo: (name, old, now) => `${name} changed from ${old} to ${now}`,
    /** @param {string} name @param {string} old */
    fieldRemoved: (name, old) => `${name} removed (was ${old})`,
    tagsAdded: "Tagged with",
    tagsRemoved: "No longer tagged with",
    priorities: { none: "none", low: "low", medium: "medium", high: "high" },
    remindersAdded: (/** @type {string} */ offsets) => `Reminder added: ${offsets}`,
    remindersRemoved: (/** @type {string} */ offsets) => `Reminder removed: ${offsets}`,
    quoted: (/** @type {string} */ text) => `“${text}”`,
  },
};
