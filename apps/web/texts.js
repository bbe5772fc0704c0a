// Finds texts that people read outside of page/strings, and prints each as "file:line: text". tests/web/test_strings.py
// runs it. The syntax trees are TypeScript's.

import { SyntaxKind } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

const LITERALS = new Set([
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateHead,
  SyntaxKind.TemplateMiddle,
  SyntaxKind.TemplateTail,
]);

/** Attributes and parts of views that are read or heard. */
const READ = new Set(
  "aria-label aria-description alt detail empty hint label legend placeholder question summary text title words".split(
    " ",
  ),
);
/** What is written into a node. */
const WRITTEN = new Set(["textContent", "title", "placeholder", "ariaLabel"]);
/** Values of these are for machines, whatever they look like. */
const MACHINE = new Set(["class", "rel", "data", "credentials", "method", "key", "accept", "for"]);
/** What is handed to these is a selector, a class or a question to the browser. */
const ASKS = /(?:^|\.)(?:find|findAll|querySelector|querySelectorAll|matches|closest|matchMedia|setAttribute)$/;
/** What speaks where the strings could not be loaded, and so brings the few that it needs in each language. */
const WITHOUT_STRINGS = new Set(["boot.js"]);
const NAMES = new Set([
  "TaskFlow", // what it is called in each language
  // What keys, headers, errors and stored things are called by the browser, and browsers and systems by their makers.
  ..."Escape Enter ArrowDown ArrowUp ArrowLeft ArrowRight Tab Home End Delete Backspace Space Control Meta".split(" "),
  ..."Accept Content-Type Content-Disposition Link Retry-After ETag If-Match Idempotency-Key Location".split(" "),
  ..."AbortError TimeoutError ApiError Notification PageDown PageUp Mozilla/ Safari/ Firefox/ Chrome/ Edge Opera".split(
    " ",
  ),
  ..."Firefox Chrome Safari Android iPhone iPad Windows Mac macOS ChromeOS Linux Edg FxiOS/ CriOS/ CrOS UTC".split(" "),
  "Mac OS X",
  "No sign of life", // an AbortError's, which nobody sees
]);

/** @param {import("typescript/unstable/ast").Node} node */
function propertyOf(node) {
  const { parent } = node;
  if (parent?.kind !== SyntaxKind.PropertyAssignment || parent.initializer !== node) return null;
  return parent.name.text ?? "";
}

/** The node whose value a literal is: past conditions, lists, templates and parentheses. */
function givenBy(node) {
  const through = new Set([
    SyntaxKind.ConditionalExpression,
    SyntaxKind.ArrayLiteralExpression,
    SyntaxKind.ParenthesizedExpression,
    SyntaxKind.TemplateExpression,
    SyntaxKind.TemplateSpan,
    SyntaxKind.BinaryExpression,
  ]);
  let top = node;
  while (through.has(top.parent?.kind)) {
    const { parent } = top;
    // What a condition compares is no part of what it gives.
    if (parent.kind === SyntaxKind.ConditionalExpression && parent.condition === top) return null;
    if (parent.kind === SyntaxKind.BinaryExpression && parent.operatorToken.kind === SyntaxKind.EqualsToken) return top;
    if (parent.kind === SyntaxKind.BinaryExpression && /^[=!<>]/.test(parent.operatorToken.getText())) return null;
    top = parent;
  }
  return top;
}

/** Whether a literal is handed to somebody who reads it. */
function isShown(node) {
  const top = givenBy(node);
  if (top === null) return false;
  const { parent } = top;
  if (READ.has(propertyOf(top) ?? "")) return true;
  if (parent.kind === SyntaxKind.CallExpression) {
    const at = parent.arguments.indexOf(top);
    const called = parent.expression.getText();
    // On a keyboard's key stands what is on the key.
    if (called === "h" && parent.arguments[0].text === "kbd") return false;
    return (
      (called === "h" && at > 1) || (called === "setText" && at === 1) || (called.endsWith(".setError") && at === 0)
    );
  }
  return (
    parent.kind === SyntaxKind.BinaryExpression &&
    parent.right === top &&
    parent.left.kind === SyntaxKind.PropertyAccessExpression &&
    WRITTEN.has(parent.left.name.text)
  );
}

/** Whether a literal looks like something said, wherever it stands. */
function isProse(node) {
  const { text } = node;
  const call = givenBy(node)?.parent;
  if (call?.kind === SyntaxKind.CallExpression && ASKS.test(call.expression.getText())) return false;
  if (!/\p{L}/u.test(text)) return false;
  let inside = node;
  while (inside.parent) {
    if (MACHINE.has(propertyOf(inside) ?? "")) return false;
    if (inside.kind === SyntaxKind.ImportDeclaration || inside.kind === SyntaxKind.NewExpression) {
      if (inside.kind === SyntaxKind.ImportDeclaration || /Error|Exception/.test(inside.expression.getText()))
        return false;
    }
    inside = inside.parent;
  }
  return /^[“"]?\p{Lu}\p{Ll}/u.test(text) || /\p{L}{2,}[,.:]? \p{L}{2,}/u.test(text) || /[“”…]/.test(text);
}

const api = new API({ cwd: import.meta.dirname });
const snapshot = api.updateSnapshot({ openProject: `${import.meta.dirname}/tsconfig.json` });
for (const { program } of snapshot.getProjects()) {
  for (const name of program.getSourceFileNames()) {
    const place = name.split("/apps/web/page/")[1];
    if (!place || place.startsWith("strings/") || WITHOUT_STRINGS.has(place)) continue;
    const file = program.getSourceFile(name);
    const look = (node) => {
      if (LITERALS.has(node.kind)) {
        const { text } = node;
        const isRead = (isShown(node) && /\p{L}/u.test(text)) || isProse(node);
        if (isRead && !NAMES.has(text.trim())) {
          const line = file.text.slice(0, node.pos).split("\n").length;
          process.stdout.write(`${place}:${line}: ${text.trim()}\n`);
        }
      }
      node.forEachChild(look);
    };
    look(file);
  }
}
api.close();
