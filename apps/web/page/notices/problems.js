// Says what went wrong, once however often it does; being signed out has its own way.

import { ApiError, NOT_LOADED } from "../server/errors.js";

/** @import { Toaster } from "./toaster.js" */

/**
 * A function that tells of a call's failure; what is no failure of a call is raised again.
 *
 * @param {Toaster} toaster
 * @param {() => boolean} isOver whether nobody is there to be told any more
 */
export function problemTeller(toaster, isOver) {
  return (/** @type {unknown} */ error) => {
    if (!(error instanceof ApiError)) throw error;
    // That a press does nothing is said, even when the server is known to be away.
    if (error.status === 401 || (isOver() && error.code !== NOT_LOADED)) return;
    toaster.show({ text: error.message, kind: "problem", key: "problem" });
  };
}
