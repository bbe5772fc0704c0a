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
