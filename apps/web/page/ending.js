// How a session ends: because the person leaves, or because it just did; then they can go on by their password.

import { askToSignInAgain } from "./views/entrance/sign-in-again.js";
import { loadLater } from "./views/parts/later.js";

/** @import { Session } from "./session.js" */

/**
 * The session is over. Where it was ended on purpose the page goes too, after the answer to who is logging out just now,
 * which says more. Where it just ran out, the person can go on; says whether they do.
 *
 * @param {Session} session
 */
export async function signedOut(session) {
  await session.leaving.answered;
  if (session.ended) return false;
  if (!session.api.reason) {
    session.asking = new AbortController();
    const { email } = session.user;
    const onSubmit = (/** @type {string} */ password) => signInAgain(session, password);
    if (await askToSignInAgain({ email, onSubmit, signal: session.asking.signal })) return session.resume();
    if (!session.ended) session.drafts.clear();
  }
  session.end(session.api.farewell);
  return false;
}

/**
 * Raises ApiError.
 *
 * @param {Session} session
 * @param {string} password
 */
async function signInAgain({ api, tabs, user }, password) {
  const body = { email: user.email, password };
  await api.json("POST", "/api/v1/auth/login", { body, quiet: true });
  tabs.tell({ kind: "signed-in", userId: user.id });
}

/**
 * Logs out, after a question where that loses something.
 *
 * @param {Session} session
 */
export async function signOut(session) {
  const { length: count } = session.offline.queue.waiting;
  const onLeave = () => session.leaving.signOut().catch(session.problem);
  if (count === 0) return onLeave();
  const later = await loadLater(session.problem);
  later?.askToLose({ count, toaster: session.toaster, onLeave });
}

/**
 * The person has left: nothing of them stays.
 *
 * @param {Session} session
 * @param {string} notice
 */
export function left(session, notice) {
  session.drafts.clear();
  session.offline.forget();
  session.end(notice);
}
