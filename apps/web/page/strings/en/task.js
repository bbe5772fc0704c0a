// Which tasks of a repeat are meant, and a task's history, in English.

export const task = {
  scope: {
    this: "Only this one",
    following: "This and the following",
    all: "All that are not past",
    delete: "Delete",
    deleteIt: (/** @type {string} */ title) => `Delete “${title}”?`,
    about: "This task repeats. What is past or done stays as it is.",
  },
  history: {
    title: "History",
    loading: "Loading…",
    empty: "Nothing recorded yet. New changes appear here a moment after they happen.",
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
    quoted: (/** @type {string} */ text) => `“${text}”`,
    /** A label as it reads within a sentence. */
    within: (/** @type {string} */ label) => label.charAt(0).toLocaleLowerCase("en") + label.slice(1),
  },
};
