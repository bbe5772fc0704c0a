// What mailed links open, and the field that finds, goes and does, in English.

export const ways = {
  lostPassword: {
    title: "Forgot your password?",
    intro: "With the link that you are sent you set a new one.",
    send: "Send me a link",
    sent: (/** @type {string} */ email) => `If ${email} has an account, a link is on its way. It counts for an hour.`,
    sendAgain: "Send it again",
    logIn: "Log in",
  },
  newPassword: {
    title: "Set a new password",
    intro: "You are logged out everywhere then, and your access keys end.",
    label: "New password",
    set: "Set password",
    logIn: "Log in",
  },
  confirmEmail: {
    title: "Confirm your e-mail address",
    intro: "The address to which this link was sent becomes the one of your account. You log in with it from then on.",
    confirm: "Confirm",
    notNow: "Not now",
  },
  palette: {
    title: "Find, go, add",
    label: "Find a task, go somewhere, or add a task",
    placeholder: "Find, go to, or add “call mum friday”",
    found: "Found",
    task: "Task",
    doneTask: "Done task",
    newTask: "New task",
    add: (/** @type {string} */ text) => `Add “${text}”`,
    open: (/** @type {string} */ title) => `Open “${title}”`,
    toggle: (/** @type {string} */ title) => `Mark “${title}” done, or open again`,
    today: (/** @type {string} */ title) => `Move “${title}” to today`,
    history: (/** @type {string} */ title) => `History of “${title}”`,
    delete: (/** @type {string} */ title) => `Delete “${title}”`,
    goTo: (/** @type {string} */ view) => `Go to ${view}`,
  },
};
