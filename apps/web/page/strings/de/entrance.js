// The way in, in German: logging in, signing up, mailed links, and the fields that these forms share.

/** @type {typeof import("../en/entrance.js").entrance} */
export const entrance = {
  brand: {
    tagline: "Aufgaben, die sich wiederholen, dich erinnern und in jedem Tab dieselben sind.",
  },
  entrance: {
    loggedInAs: (email) => `Du bist als ${email} angemeldet. Melde dich ab und öffne die Einladung dann noch einmal.`,
    passwordSet: "Dein Passwort ist gesetzt. Melde dich damit an.",
    emailConfirmed: "Deine E-Mail-Adresse ist bestätigt. Von jetzt an meldest du dich damit an.",
    invited: "Du bist zu TaskFlow eingeladen.",
    tryAgain: "Noch einmal versuchen",
    loggedOutEverywhere: "Du bist überall abgemeldet.",
    accountDeleted: "Dein Konto ist gelöscht. Was davon noch da ist, wird gerade entfernt.",
  },
  signIn: {
    login: { title: "Willkommen zurück", button: "Anmelden", other: "Neu hier?", swap: "Konto erstellen" },
    signup: {
      title: "Erstelle dein Konto",
      button: "Registrieren",
      other: "Du hast schon ein Konto?",
      swap: "Anmelden",
    },
    email: "E-Mail",
    password: "Passwort",
    forgot: "Passwort vergessen?",
  },
  emailField: {
    wrong: "Gib eine E-Mail-Adresse ein, etwa ada@example.com.",
  },
  passwordField: {
    show: "Anzeigen",
    hide: "Verbergen",
    rule: (shortest) => `Mindestens ${shortest} Zeichen.`,
    tooShort: (shortest) => `Nimm mindestens ${shortest} Zeichen.`,
    missing: "Gib dein Passwort ein.",
  },
};
