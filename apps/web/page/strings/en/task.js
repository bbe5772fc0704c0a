// Which tasks of a repeat are meant, in English.

export const task = {
  scope: {
    this: "Only this one",
    following: "This and the following",
    all: "All that are not past",
    delete: "Delete",
    deleteIt: (/** @type {string} */ title) => `Delete “${title}”?`,
    about: "This task repeats. What is past or done stays as it is.",
  },
};
