// What is pasted into the line and is more than it takes, in German.

import { number, pluralsOf } from "../locale.js";

const plural = pluralsOf("de");

/** @type {typeof import("../en/pasted.js").pasted} */
export const pasted = {
  pasting: {
    lines: (count) => `Du hast ${plural(count, { one: "Zeile", other: "Zeilen" })} eingefügt.`,
    tooMany: (most) => `Höchstens ${most} auf einmal werden zu Aufgaben.`,
    inOne: "Alles in eine Zeile",
    cut: (most) => `Eine Zeile fasst ${number(most)} Zeichen. Der Rest bleibt darunter aufgehoben.`,
    didNotFit: (left, most) =>
      `Das Ende wurde abgeschnitten: ${number(left)} Zeichen des Eingefügten haben nicht gepasst. Dieses Feld fasst ${number(most)}.`,
    tooLong: (most) => `Das ist zu lang: Füge höchstens ${number(most)} Zeichen auf einmal ein.`,
  },
};
