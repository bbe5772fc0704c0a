// Which tasks of a repeat are meant, in German.

/** @type {typeof import("../en/task.js").task} */
export const task = {
  scope: {
    this: "Nur diese",
    following: "Diese und die folgenden",
    all: "Alle, die nicht vorbei sind",
    delete: "Löschen",
    deleteIt: (title) => `„${title}“ löschen?`,
    about: "Diese Aufgabe wiederholt sich. Was vorbei oder erledigt ist, bleibt, wie es ist.",
  },
};
