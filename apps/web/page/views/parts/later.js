// What is loaded when it is first needed, in one piece.

import { ApiError, NOT_LOADED } from "../../server/errors.js";
import { strings } from "../../strings/index.js";

/**
 * It, or null where it did not come, which `onLost` is told.
 *
 * @param {(error: ApiError) => void} onLost
 */
export async function loadLater(onLost) {
  try {
    return await import("../../sheets-later.js");
  } catch (error) {
    if (!(error instanceof TypeError && /module|import/i.test(error.message))) throw error;
    onLost(new ApiError(strings.errors.unreachable, { code: NOT_LOADED }));
    return null;
  }
}
