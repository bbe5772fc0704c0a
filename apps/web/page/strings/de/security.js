// What happened to an account, in German.

import { pluralsOf } from "../locale.js";

const plural = pluralsOf("de");

/** @type {typeof import("../en/security.js").security} */
export const security = {
  security: {
    title: "Sicherheit",
    about: "Was mit deinem Konto geschehen ist",
    intro:
      "Anmeldungen, Ablehnungen, Änderungen, und wer dein Prüfprotokoll gelesen hat, das Neueste zuerst. " +
      "Warst du etwas davon nicht, ändere dein Passwort.",
    none: "Noch ist nichts verzeichnet.",
    refresh: "Neu laden",
    when: (day, time) => `${day}, ${time}`,
    byOperator: "Durch die Betreiber dieser Installation",
    signedUp: "Konto angelegt",
    signedIn: (device) => `Angemeldet: ${device}`,
    earlierToken: "Mit einer Anmeldung von vor der Umstellung",
    refused: (count) =>
      plural(count, { one: "Anmeldung mit falschem Passwort", other: "Anmeldungen mit falschem Passwort" }),
    locked: (count) =>
      plural(count, {
        one: "Anmeldung nach zu vielen Versuchen abgelehnt",
        other: "Anmeldungen nach zu vielen Versuchen abgelehnt",
      }),
    passwordChanged: "Passwort geändert",
    passwordReset: "Passwort über einen Link gesetzt",
    resetLinkMade: "Link für ein neues Passwort ausgegeben",
    emailLinkMade: "Link zum Bestätigen der neuen E-Mail-Adresse ausgegeben",
    emailChanged: "E-Mail-Adresse geändert",
    sessionEnded: (device) => `Abgemeldet: ${device}`,
    sessionsEnded: (count) => plural(count, { one: "Sitzung beendet", other: "Sitzungen beendet" }),
    everywhere: "Überall abgemeldet",
    reasons: {
      signed_out: "Von dir beendet",
      everywhere: "Durch „Überall abmelden“ beendet",
      password: "Weil das Passwort geändert wurde",
      reset: "Weil das Passwort über einen Link gesetzt wurde",
      reuse: "Weil ihre Anmeldung an zwei Orten benutzt wurde",
      disabled: "Weil das Konto gesperrt wurde",
      deleted: "Weil das Konto gelöscht wurde",
    },
    tokenMade: (name) => `Zugangsschlüssel erstellt: ${name}`,
    tokenRevoked: (name) => `Zugangsschlüssel widerrufen: ${name}`,
    tokensRevoked: (count) =>
      plural(count, { one: "Zugangsschlüssel widerrufen", other: "Zugangsschlüssel widerrufen" }),
    noName: "ohne Namen",
    disabled: "Konto gesperrt",
    enabled: "Konto entsperrt",
    exported: "Alles heruntergeladen",
    deleted: "Konto gelöscht",
    read: "Dein Prüfprotokoll wurde administrativ gelesen",
    rows: (count) => plural(count, { one: "Eintrag wurde gezeigt", other: "Einträge wurden gezeigt" }),
    other: "Etwas anderes",
  },
};
