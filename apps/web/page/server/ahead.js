// What boot.js has asked the server for before the rest of the page was there: each answer is taken once, and soon.

/** @typedef {{at: number, answers: Map<string, Promise<Response | undefined>>}} Ahead */

const FRESH = 15_000;

/** @returns {Ahead | undefined} */
function ahead() {
  return /** @type {{taskflowAhead?: Ahead}} */ (globalThis).taskflowAhead;
}

/**
 * Whether an answer to this is there, or on its way.
 *
 * @param {string} url
 */
export function isAskedAhead(url) {
  const asked = ahead();
  return asked !== undefined && Date.now() - asked.at < FRESH && asked.answers.has(url);
}

/**
 * The answer; null where none was asked for, or it says nothing that is of use: then it is asked for anew.
 *
 * @param {string} url
 */
export async function answeredAhead(url) {
  const answers = isAskedAhead(url) ? ahead()?.answers : undefined;
  const answer = await answers?.get(url);
  answers?.delete(url);
  return answer?.ok ? answer : null;
}

/** What is not taken yet was asked in the name of another than whoever asks from now on. */
export function forgetAhead() {
  ahead()?.answers.clear();
}
