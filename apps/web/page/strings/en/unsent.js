// The changes that are not sent yet, in English.

export const unsent = {
  kept: {
    title: "Not sent yet",
    none: "Everything is sent.",
    conflict: "It has been changed in another place since.",
    gone: "It was not taken.",
    old: "It is older than a day. The server may have it already.",
    waits: "It is sent as soon as the server answers.",
    yours: "Yours",
    theirs: "There",
    insist: "Send mine",
    discard: "Discard mine",
    nothing: "none",
    made: "New task",
    deleted: "Deleted",
    leaveTitle: "Log out and lose changes?",
    leaveLose: "They are lost when you log out now.",
    leave: "Log out",
    stay: "Stay",
    state: "State",
    values: { true: "done", false: "open" },
  },
};
