// What people do with their account, in German.

/** @type {typeof import("../en/account.js").account} */
export const account = {
  account: {
    title: "Konto",
    email: "E-Mail-Adresse",
    password: "Passwort",
    changePassword: "Ändern",
    sessions: "Sitzungen",
    aboutSessions: "Browser und Programme, die angemeldet sind",
    tokens: "Zugangsschlüssel",
    aboutTokens: "Für Programme, anstelle deines Passworts",
    download: "Alles herunterladen",
    aboutDownload: "Eine ZIP-Datei: JSON und ein Kalender",
    downloading: "Wird zusammengestellt …",
    downloaded: (file) => `Gespeichert als ${file}`,
    delete: "Konto löschen",
    aboutDelete: "Endgültig",
  },
  accountForm: {
    cancel: "Abbrechen",
    done: "Fertig",
    yourPassword: "Dein Passwort",
  },
  deletion: {
    title: "Dein Konto löschen?",
    closes:
      "Es wird sofort und endgültig geschlossen: Niemand kann sich mehr anmelden, und jede Sitzung, jeder Zugangsschlüssel und " +
      "jede Erinnerung endet.",
    erased:
      "Deine Aufgaben, Wiederholungen, Erinnerungen, Gespräche und Einstellungen sind innerhalb von Minuten gelöscht. " +
      "Das lässt sich nicht rückgängig machen. Du kannst vorher ",
    download: "alles herunterladen",
    first: ".",
    outlives: "Was bleibt:",
    points: [
      "Ein Hash der zufälligen Kennung deines Kontos, dauerhaft: Damit wird eine eingespielte Sicherung wieder bereinigt.",
      "Im Prüfprotokoll, dass sich etwas geändert hat und wann; was du geschrieben hast, kann dort niemand mehr lesen.",
      "Ereignisse, die zwischen den Diensten unterwegs sind, bis zu 14 Tage.",
      "Sicherungen und Logs, solange sie aufbewahrt, wer diese Installation betreibt.",
    ],
    password: "Dein Passwort zur Bestätigung",
    button: "Konto löschen",
  },
  entries: {
    loading: "Wird geladen …",
    more: "Mehr anzeigen",
    tryAgain: "Noch einmal versuchen",
    end: (what, name) => `${name}: ${what}`,
  },
  newEmail: {
    title: "E-Mail-Adresse ändern",
    label: "Neue E-Mail-Adresse",
    button: "Weiter",
    mailed: (address) =>
      `Ein Link ist unterwegs an ${address}. Öffne ihn innerhalb eines Tages, um die Adresse zu bestätigen.`,
    notMailed: (address) =>
      `Diese Installation verschickt keine E-Mails. Frag, wer sie betreibt, nach dem Link, der ${address} bestätigt.`,
    untilThen: "Bis dahin behält dein Konto seine bisherige Adresse.",
  },
  changePassword: {
    title: "Passwort ändern",
    present: "Jetziges Passwort",
    next: "Neues Passwort",
    button: "Ändern",
    changed: "Dein Passwort ist geändert. Alle anderen Sitzungen sind beendet.",
  },
  newToken: {
    title: "Neuer Zugangsschlüssel",
    year: "1 Jahr",
    endsAfter: "Gilt für",
    button: "Zugangsschlüssel erstellen",
    name: "Name",
    aboutName: "Wofür es ist: dein Kalender, ein Skript.",
    nameMissing: "Gib ihm einen Namen.",
    may: "Es darf",
    chooseOne: "Wähle mindestens eines aus.",
    copy: "Kopieren",
    label: "Dein neuer Zugangsschlüssel",
    copied: "Kopiert.",
    selected: "Es ist markiert: Kopiere es mit der Tastatur.",
    once: "Es wird nur dieses eine Mal gezeigt. Kopiere es jetzt und bewahre es auf wie ein Passwort.",
  },
  scopes: {
    readTasks: "Aufgaben und Erinnerungen lesen",
    changeTasks: "Aufgaben und Erinnerungen ändern",
    stream: "Änderungen live verfolgen",
    audit: "Das Prüfprotokoll lesen",
  },
  sessions: {
    title: "Sitzungen",
    intro:
      "Eine Sitzung wird ab und zu erneuert, solange sie benutzt wird. Was du hier abmeldest, endet innerhalb von " +
      "Sekunden.",
    none: "Es gibt keine.",
    thisOne: (device) => `${device} (hier)`,
    since: (day, distance) => `Angemeldet: ${day}, zuletzt erneuert ${distance}`,
    end: "Abmelden",
    unknownDevice: "Unbekanntes Gerät",
    device: (browser, system) => `${browser} auf ${system}`,
  },
  tokens: {
    title: "Zugangsschlüssel",
    intro:
      "Ein Programm mit einem Zugangsschlüssel macht mit deinen Aufgaben, was der erlaubt, und mit deinem Konto gar nichts.",
    none: "Du hast keine Zugangsschlüssel.",
    lastUsed: (distance) => `zuletzt benutzt ${distance}`,
    neverUsed: "nie benutzt",
    ends: (day, used) => `Endet: ${day}, ${used}`,
    revoke: "Widerrufen",
    revokeNow: "Jetzt widerrufen",
    make: "Neuer Zugangsschlüssel",
  },
};
