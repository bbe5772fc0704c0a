// What mailed links open, and the field that finds, goes and does, in German.

/** @type {typeof import("../en/ways.js").ways} */
export const ways = {
  lostPassword: {
    title: "Passwort vergessen?",
    intro: "Du bekommst einen Link, mit dem du ein neues setzt.",
    send: "Link schicken",
    sent: (email) => `Falls es zu ${email} ein Konto gibt, ist ein Link unterwegs. Er gilt eine Stunde.`,
    sendAgain: "Noch einmal schicken",
    logIn: "Anmelden",
  },
  newPassword: {
    title: "Neues Passwort setzen",
    intro: "Damit wirst du überall abgemeldet, und deine Zugangsschlüssel enden.",
    label: "Neues Passwort",
    set: "Passwort setzen",
    logIn: "Anmelden",
  },
  confirmEmail: {
    title: "Bestätige deine E-Mail-Adresse",
    intro: "Die Adresse, an die dieser Link ging, wird die deines Kontos. Von da an meldest du dich mit ihr an.",
    confirm: "Bestätigen",
    notNow: "Jetzt nicht",
  },
  palette: {
    title: "Finden, hingehen, anlegen",
    label: "Eine Aufgabe finden, irgendwohin gehen oder eine Aufgabe anlegen",
    placeholder: "Finden, hingehen oder „Mama anrufen friday“ anlegen",
    found: "Gefunden",
    task: "Aufgabe",
    doneTask: "Erledigte Aufgabe",
    newTask: "Neue Aufgabe",
    add: (text) => `„${text}“ anlegen`,
    open: (title) => `„${title}“ öffnen`,
    toggle: (title) => `„${title}“ abhaken oder wieder öffnen`,
    today: (title) => `„${title}“ auf heute legen`,
    history: (title) => `Verlauf von „${title}“`,
    delete: (title) => `„${title}“ löschen`,
    goTo: (view) => `Gehe zu: ${view}`,
  },
};
