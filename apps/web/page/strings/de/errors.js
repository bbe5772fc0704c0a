// What went wrong, in German.

const ended = "Deine Sitzung ist zu Ende. Melde dich wieder an, um weiterzumachen.";
const forPrograms = "Das ist nur für Programme gedacht.";
const unreadable = "Was diese Seite gesendet hat, war nicht lesbar. Lade sie neu.";
const elsewhere = "TaskFlow ist nicht für diese Adresse gedacht. Frag, wer es betreibt, nach der richtigen.";
const noTask = "Diese Aufgabe gibt es nicht mehr.";
const underWay = "Dieselbe Änderung läuft noch. Versuch es gleich noch einmal.";
const changed = "Es wurde inzwischen geändert.";

/** @type {typeof import("../en/errors.js").errors} */
export const errors = {
  unreachable: "TaskFlow ist nicht erreichbar. Prüf deine Verbindung und versuch es noch einmal.",
  unanswered: "Der Server antwortet nicht. Versuch es gleich noch einmal.",
  sessionEnded: ended,
  ours: "Bei uns ist etwas schiefgegangen. Versuch es gleich noch einmal.",
  notValid: "Das ist nicht gültig.",
  tooManyTries: "Zu viele Versuche.",
  fewSeconds: "ein paar Sekunden",
  wait: (length) => `Warte ${length} und versuch es dann noch einmal.`,
  atField: (field, text) => `${field}: ${text}`,
  statuses: new Map([
    [403, "Das darfst du nicht ändern."],
    [404, "Das gibt es nicht mehr."],
    [409, underWay],
    [412, changed],
  ]),
  codes: new Map(
    /** @type {[string, import("../en/errors.js").Sentence][]} */ ([
      ["MISSING_AUTH_HEADER", ended],
      ["INVALID_AUTH_FORMAT", ended],
      ["INVALID_TOKEN", ({ reason }) => (reason === "account" ? "Dieses Konto ist gesperrt oder gelöscht." : ended)],
      ["TOKEN_EXPIRED", ended],
      ["INVALID_SIGNATURE", ended],
      ["NO_REFRESH_TOKEN", ended],
      ["INVALID_REFRESH_TOKEN", ended],
      ["INVALID_TICKET", ended],
      [
        "SIGNUP_ERROR",
        ({ reason }) =>
          reason === "malformed"
            ? "Das ist keine E-Mail-Adresse."
            : "Zu dieser E-Mail-Adresse gibt es schon ein Konto.",
      ],
      ["INVALID_CREDENTIALS", "E-Mail-Adresse oder Passwort ist falsch."],
      ["WRONG_PASSWORD", "Das ist nicht das Passwort deines Kontos."],
      ["EMAIL_TAKEN", "Diese E-Mail-Adresse gehört schon zu einem anderen Konto."],
      ["INVALID_LINK", "Der Link ist unbekannt, schon benutzt oder abgelaufen. Fordere einen neuen an."],
      ["NO_MAIL", "Diese Installation verschickt keine E-Mails. Frag, wer sie betreibt, nach dem Link."],
      ["SIGN_UP_CLOSED", "Hier kann sich niemand selbst registrieren. Frag, wer diese Installation betreibt."],
      [
        "INVITATION_NEEDED",
        "Zum Registrieren brauchst du eine Einladung für deine Adresse; jede gilt einmal und nur eine Zeit lang.",
      ],
      [
        "TASK_CREATION_ERROR",
        ({ reason }) =>
          reason === "title"
            ? "Gib der Aufgabe einen Titel."
            : "Dieses Konto gibt es nicht mehr. Melde dich mit einem anderen an.",
      ],
      ["TASK_UPDATE_ERROR", ({ reason }) => (reason === "title" ? "Gib der Aufgabe einen Titel." : noTask)],
      ["TASK_DELETION_ERROR", noTask],
      ["TASK_NOT_FOUND", noTask],
      ["REMINDER_NOT_FOUND", "Diese Erinnerung gibt es nicht mehr."],
      [
        "REMINDER_STATE",
        ({ reason }) =>
          reason === "acknowledged"
            ? "Diese Erinnerung hast du schon gesehen."
            : "Die Aufgabe dieser Erinnerung wurde erledigt, gelöscht oder verschoben.",
      ],
      ["TOKEN_NOT_FOUND", "Dieses Token gibt es nicht mehr."],
      ["SESSION_NOT_FOUND", "Diese Sitzung gibt es nicht mehr."],
      ["NOT_ALLOWED", "Das dürfen nur Administratoren."],
      ["NOT_FOR_TOKENS", forPrograms],
      ["SCOPE_MISSING", forPrograms],
      ["API_TOKEN_REQUIRED", forPrograms],
      ["CALLER_NOT_ALLOWED", forPrograms],
      ["ORIGIN_MISMATCH", elsewhere],
      ["HOST_NOT_SERVED", elsewhere],
      ["PRECONDITION_FAILED", changed],
      ["IDEMPOTENCY_KEY_IN_USE", underWay],
      [
        "TOO_MANY_TASKS",
        ({ most }) =>
          `Du hast so viele Aufgaben, wie möglich sind (${most}). Lösch welche, die du nicht mehr brauchst.`,
      ],
      [
        "TOO_MANY_TOKENS",
        ({ most }) =>
          `Du hast so viele persönliche Tokens, wie möglich sind (${most}). Widerrufe welche, die du nicht brauchst.`,
      ],
      ["TOO_MANY_KEPT_ANSWERS", "Du hast so viel erstellt, wie an einem Tag geht. Versuch es morgen wieder."],
      ["TOO_MANY_ATTEMPTS", "Die Anmeldung ist zu oft fehlgeschlagen."],
      ["TOO_MANY_SIGN_UPS", "Es werden gerade zu viele Konten erstellt."],
      ["TOO_MANY_MAILS", "Es wurden zu viele E-Mails angefordert."],
      ["TOO_MANY_STREAMS", "Zu viele Seiten verfolgen deine Aufgaben zugleich."],
      ["TOO_MANY_EXPORTS", "Es laufen zu viele Downloads dieser Art."],
      ["SIGN_IN_BUSY", "Gerade melden sich zu viele Leute an."],
      ["MALFORMED_REQUEST", unreadable],
      ["UNSUPPORTED_MEDIA_TYPE", unreadable],
      ["HEADER_TOO_LARGE", unreadable],
      ["REQUEST_TIMEOUT", "Der Weg zu TaskFlow hat zu lange gedauert. Versuch es gleich noch einmal."],
      ["BODY_TOO_LARGE", "Das ist zu lang."],
      ["SERVICE_UNAVAILABLE", "TaskFlow ist gerade nicht bereit. Nichts ist geschehen; versuch es gleich noch einmal."],
      ["TOO_MANY_CONNECTIONS", "TaskFlow hat gerade zu viel zu tun. Versuch es gleich noch einmal."],
      ["STOPPING", "TaskFlow startet gerade neu. Versuch es gleich noch einmal."],
      ["INTERNAL_ERROR", "Bei uns ist etwas schiefgegangen. An deiner Eingabe lag es nicht; versuch es noch einmal."],
    ]),
  ),
  values: {
    MISSING: "Das fehlt noch.",
    TOO_SHORT: ({ least }) => `Gib mindestens ${least} Zeichen ein.`,
    TOO_LONG: ({ most }) => `Das ist zu lang: höchstens ${most} Zeichen.`,
    TOO_MANY: ({ most }) => `Das sind zu viele: höchstens ${most}.`,
    BLANK: "Gib ein Wort ein.",
    CONTROL_CHARACTERS: "Das enthält unsichtbare Zeichen. Tippe es neu ein.",
    INVALID_VALUE: "Das ist nicht gültig.",
    MALFORMED: unreadable,
    UNKNOWN_PARAMETER: unreadable,
    OUT_OF_RANGE: "Das liegt zu weit weg.",
    NOT_AN_ADDRESS: "Gib eine E-Mail-Adresse ein, etwa ada@example.com.",
    PASSWORD_TOO_LONG: ({ most }) =>
      `Das ist zu lang: höchstens ${most} Bytes; Umlaute und Sonderzeichen zählen mehrfach.`,
    PASSWORD_COMMON: "Das ist eines der häufigsten Passwörter, die als Erstes probiert werden. Nimm ein anderes.",
    NOT_A_DATE: "Dieses Datum oder diese Uhrzeit gibt es nicht.",
    YEAR_OUT_OF_RANGE: ({ first, last }) => `Das Jahr muss zwischen ${first} und ${last} liegen.`,
    UNKNOWN_TIME_ZONE: "Diese Zeitzone gibt es nicht.",
    NEEDS_TIME_ZONE: "Eine Aufgabe mit Datum behält eine Zeitzone.",
    NEEDS_DUE_DATE: "Dafür braucht die Aufgabe ein Datum.",
    NEEDS_REPEAT: "Das gilt nur für eine Aufgabe, die sich wiederholt.",
    INVALID_REPEAT: ({ part }) => `So lässt sich nichts wiederholen: An „${part}“ stimmt etwas nicht.`,
    END_BEFORE_START: "Die Wiederholung wäre vor ihrem ersten Datum zu Ende. Wähl einen späteren Tag.",
    TOO_MANY_OCCURRENCES: ({ most }) => `Es entstünden mehr als ${most} vergangene Termine. Beginn später.`,
    NOT_A_REMINDER: "Das ist keine Zeitspanne vor dem Datum.",
    REMINDER_TOO_EARLY: ({ most }) => `Eine Erinnerung kommt höchstens ${most} Tage vorher.`,
    SNOOZE_OUT_OF_RANGE: ({ most }) => `Wähl einen Zeitpunkt, der vor dir liegt, höchstens in ${most} Tagen.`,
    ONE_OF_TWO: "Nur eines von beiden geht.",
    INVALID_CURSOR: "Diese Liste hat sich geändert. Öffne sie noch einmal.",
    INVALID_KEY: unreadable,
    KEY_USED_OTHERWISE: underWay,
  },
  fields: new Map([
    ["title", "Titel"],
    ["description", "Beschreibung"],
    ["due_date", "Datum"],
    ["recurrence_pattern", "Wiederholung"],
    ["recurrence_end_date", "Wiederholen bis"],
    ["recurrence_timezone", "Zeitzone"],
    ["reminders", "Erinnerungen"],
    ["tags", "Schlagwörter"],
    ["priority", "Priorität"],
    ["timezone", "Zeitzone"],
    ["email", "E-Mail"],
    ["password", "Passwort"],
    ["message", "Nachricht"],
    ["text", "Text"],
    ["name", "Name"],
    ["until", "Bis"],
    ["q", "Suche"],
    ["tag", "Schlagwort"],
  ]),
};
