// Which files make the page, for the service worker that keeps them.

/** What the names of its caches begin with. */
export const SHELL = "taskflow-shell-";

const HASHED = /-[A-Z0-9]{8}\.(js|css)$/;

/**
 * Whether a file's name says what is in it; then it never changes.
 *
 * @param {string} path
 */
export function isHashed(path) {
  return HASHED.test(path);
}

/**
 * The files that a page names.
 *
 * @param {string} html
 */
export function namedIn(html) {
  return [...new Set([...html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map((match) => match[1]))];
}

/**
 * The modules that one imports, now or later.
 *
 * @param {string} path the module's own
 * @param {string} script
 */
export function importedBy(path, script) {
  const names = [...script.matchAll(/(?:\bfrom |\bimport\(|^import )"(\.{1,2}\/[^"]+\.js)"/gm)].map(
    (match) => match[1],
  );
  // Comments name types, which are not part of the page.
  return names
    .map((name) => new URL(name, new URL(path, location.href)).pathname)
    .filter((name) => name.startsWith("/static/"));
}
