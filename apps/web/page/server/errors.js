// What a call fails with: a refusal with the fields it names, or no answer at all.

import { strings } from "../strings/index.js";
import { number } from "../strings/locale.js";
import { loadRefusals } from "../strings/refusals.js";

/**
 * @import { ErrorBody, FieldProblem } from "../../types/chat-api.js"
 * @import { Params, Sentence } from "../strings/en/refusals.js"
 * @import { Refusals } from "../strings/refusals.js"
 */

/** The code of a part of the page that did not come. */
export const NOT_LOADED = "NOT_LOADED";

/** A refusal, or no answer at all (status 0). */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {object} [about]
   * @param {number} [about.status]
   * @param {string} [about.code]
   * @param {Map<string, string>} [about.fields] a field of the body to what is wrong with it
   * @param {number | null} [about.retryAfter] in seconds; null where the server gave none
   */
  constructor(message, { status = 0, code = "", fields = new Map(), retryAfter = null } = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.retryAfter = retryAfter;
  }
}

/**
 * Whether an error is an answer with this status.
 *
 * @param {unknown} error
 * @param {number} status
 */
export function hasStatus(error, status) {
  return error instanceof ApiError && error.status === status;
}

/** Refusals that are about one thing that was sent, which the answer does not name as a field: what it may be called. */
const ABOUT = new Map([
  ["WRONG_PASSWORD", ["password", "current"]],
  ["EMAIL_TAKEN", ["email"]],
]);

/**
 * An error as one of the field that it is about, where the form has that; else as it is.
 *
 * @param {ApiError} error
 * @param {Map<string, unknown>} fields the form's, by their names
 */
export function atField(error, fields) {
  const name = ABOUT.get(error.code)?.find((one) => fields.has(one));
  if (name === undefined) return error;
  const { status, code, message } = error;
  return new ApiError(message, { status, code, fields: new Map([[name, message]]) });
}

/**
 * Seconds in a Retry-After header, which is a number or a date; null without one.
 *
 * @param {Headers} headers
 */
export function retryAfterSeconds(headers) {
  const value = headers.get("Retry-After");
  if (!value) return null;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}

/**
 * How long to wait, in words.
 *
 * @param {number | null} seconds
 */
function wait(seconds) {
  const { lengths, errors } = strings;
  if (seconds === null) return errors.fewSeconds;
  return seconds > 90 ? lengths.minute(Math.ceil(seconds / 60)) : lengths.second(Math.max(1, seconds));
}

/**
 * What an answer that is no success means.
 *
 * @param {Response} response
 * @param {{detail?: string | ErrorBody | FieldProblem[]} & Partial<ErrorBody> | null} body
 */
export async function refusal(response, body) {
  const { status, headers } = response;
  const { errors } = strings;
  const retryAfter = retryAfterSeconds(headers);
  const detail = body?.detail ?? body;
  const words = await loadRefusals();
  if (Array.isArray(detail)) {
    const fields = new Map(detail.map((problem) => [fieldOf(problem.loc), reasonOf(problem, words)]));
    const message = [...fields].map(([field, text]) => atName(field, text, words)).join(" ");
    return new ApiError(message, { status, fields, retryAfter, code: "VALIDATION_ERROR" });
  }
  const { code = "", message: said, params = {} } = typeof detail === "string" ? {} : (detail ?? {});
  const plain = said ?? words?.statuses.get(status) ?? unknown(status, detail, words);
  let message = inWords(words?.codes.get(code), params) || (status === 429 ? errors.tooManyTries : plain);
  if (status === 429 ? code !== "TOO_MANY_KEPT_ANSWERS" : code === "SIGN_IN_BUSY")
    message += ` ${errors.wait(wait(retryAfter))}`;
  return new ApiError(message, { status, retryAfter, code });
}

/**
 * What a status means that no sentence is known for.
 *
 * @param {number} status
 * @param {unknown} detail the words that came with it, if any
 * @param {Refusals | null} words
 */
function unknown(status, detail, words) {
  if (status >= 500) return strings.errors.ours;
  return typeof detail === "string" ? detail : (words?.notTaken(status) ?? strings.errors.ours);
}

/**
 * A sentence with what belongs in it; "" where there is none.
 *
 * @param {Sentence | undefined} sentence
 * @param {Params} params
 */
function inWords(sentence, params) {
  if (typeof sentence !== "function") return sentence ?? "";
  // A year is written as it is, a number of things as one writes numbers.
  const counts = ["least", "most"].filter((name) => name in params).map((name) => [name, number(Number(params[name]))]);
  return sentence({ ...params, ...Object.fromEntries(counts) });
}

/**
 * @param {string} field
 * @param {string} text
 * @param {Refusals | null} words
 */
function atName(field, text, words) {
  return field ? `${words?.fields.get(field) ?? field}: ${text}` : text;
}

/** @param {string[] | undefined} loc */
function fieldOf(loc) {
  const names = (loc ?? []).filter((part) => typeof part === "string" && !["body", "query", "path"].includes(part));
  return names[0] ?? "";
}

/**
 * Why a value is refused; where the page has no words for it, in the server's.
 *
 * @param {FieldProblem} problem
 * @param {Refusals | null} words
 */
function reasonOf({ code, params = {}, msg }, words) {
  const known = code && inWords(words?.values[code], params);
  return known || readable(msg);
}

/** @param {string | undefined} message */
function readable(message) {
  const text = message || strings.errors.notValid;
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
