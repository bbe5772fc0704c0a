// The way in, in English: logging in, signing up, mailed links, and the fields that these forms share.

export const entrance = {
  brand: {
    tagline: "Tasks that repeat, remind, and stay the same in every tab.",
  },
  entrance: {
    loggedInAs: (/** @type {string} */ email) =>
      `You are logged in as ${email}. Log out, then open the invitation again.`,
    passwordSet: "Your password is set. Log in with it.",
    emailConfirmed: "Your e-mail address is confirmed. You log in with it from now on.",
    invited: "You are invited to TaskFlow.",
    tryAgain: "Try again",
    loggedOutEverywhere: "You are logged out everywhere.",
    accountDeleted: "Your account is deleted. What there is of it is being erased.",
  },
  signIn: {
    login: { title: "Welcome back", button: "Log in", other: "New here?", swap: "Create an account" },
    signup: { title: "Create your account", button: "Sign up", other: "Have an account?", swap: "Log in" },
    email: "E-mail",
    password: "Password",
    forgot: "Forgot password?",
  },
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
  emailField: {
    wrong: "Enter an e-mail address, like ada@example.com.",
  },
  passwordField: {
    show: "Show",
    hide: "Hide",
    rule: (/** @type {number} */ shortest) => `At least ${shortest} characters.`,
    tooShort: (/** @type {number} */ shortest) => `Use at least ${shortest} characters.`,
    missing: "Enter your password.",
  },
};
