// The page's way to the server: one request function, and retries that are safe.
//
// The session is an HttpOnly cookie that the browser sends by itself, so this page never holds a token.

import { strings } from "../strings/index.js";
import { answeredAhead } from "./ahead.js";
import { ApiError, refusal } from "./errors.js";

/**
 * @typedef {object} Options What a call is sent with.
 * @property {unknown} [body] sent as JSON
 * @property {Record<string, string | number | null | undefined>} [query] null and "" leave a part out
 * @property {Record<string, string>} [headers]
 * @property {boolean | string} [creates] sends an Idempotency-Key, this one or a new one, so that it can be sent again
 * @property {boolean} [quiet] just gets its 401: no renewal, and nobody is told
 * @property {boolean} [keepalive] outlives the page
 * @property {AbortSignal} [signal] ends the call, which then raises the signal's reason
 * @property {boolean} [file] the answer's body is a Blob, whatever is in it
 */

/**
 * @template Body
 * @typedef {{status: number, headers: Headers, body: Body}} Answer
 */

const ATTEMPTS = 3;
const PATIENCE = 12_000;
const TIMED_OUT = "TIMED_OUT";
const PATIENCE_WITH_FILES = 180_000;
const LONGEST_WAIT = 10_000;

/** A key that nobody else has, which makes sending a creation again harmless. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The path of the next page in a Link header, or null at the end.
 *
 * @param {Headers} headers
 */
export function nextPage(headers) {
  for (const link of (headers.get("Link") ?? "").split(/,\s*(?=<)/)) {
    const match = /^<([^>]*)>.*;\s*rel="?next"?/.exec(link.trim());
    if (match) {
      const url = new URL(match[1], location.href);
      return url.pathname + url.search;
    }
  }
  return null;
}

/**
 * The client. A session that has run out (401) is renewed and the call sent again; `onSignedOut` is called when that
 * fails, and says whether the person has signed in again: then the call is sent once more. Calls that say `quiet` just get their 401.
 */
export class Api {
  /** @param {{onSignedOut?: () => unknown}} [needs] */
  constructor({ onSignedOut = () => {} } = {}) {
    this.onSignedOut = onSignedOut;
    /** @type {Promise<boolean> | null} */
    this.again = null;
    /** @type {Promise<boolean> | null} */
    this.renewal = null;
    /** Why nobody is signed in any more, where the server has said so: it may say it once, and several ask. */
    this.reason = "";
  }

  /** Why nobody is signed in any more, for whoever was. */
  get farewell() {
    return this.reason || strings.errors.sessionEnded;
  }

  /**
   * Renews the session's cookies. Says false only when the session is surely over, and true also when that cannot be
   * told just now. Several callers share one renewal.
   */
  renew() {
    this.renewal ??= this.renewNow().finally(() => {
      this.renewal = null;
    });
    return this.renewal;
  }

  async renewNow() {
    for (const [method, path] of [
      ["POST", "/api/v1/auth/refresh"],
      ["GET", "/api/v1/auth/me"],
    ]) {
      try {
        await this.json(method, path, { quiet: true });
        this.reason = "";
        return true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // Without a refresh token the session may still be good: then the second question says so.
        if (![400, 401].includes(error.status)) return true;
        // Of a sign-in that would be good still: what has ended it.
        if (error.code === "INVALID_TOKEN") this.reason = error.message;
      }
    }
    return false;
  }

  /** Has the person sign in again, and says whether they have; all who find the session ended share one answer. */
  signInAgain() {
    this.again ??= Promise.resolve(this.onSignedOut())
      .then((signedIn) => signedIn === true)
      .finally(() => {
        this.again = null;
      });
    return this.again;
  }

  /**
   * The answer's body, of the type that who asks expects. Raises ApiError.
   *
   * @template Body
   * @param {string} method
   * @param {string} path
   * @param {Options} [options]
   * @returns {Promise<Body>}
   */
  async json(method, path, options) {
    /** @type {Answer<Body>} */
    const { body } = await this.request(method, path, options);
    return body;
  }

  /**
   * A file, whole, and the name that the server gives it. Raises ApiError.
   *
   * @param {string} path
   */
  async file(path) {
    /** @type {Answer<Blob>} */
    const { body, headers } = await this.request("GET", path, { file: true });
    const [, name = "download"] = /filename="([^"]+)"/.exec(headers.get("Content-Disposition") ?? "") ?? [];
    return { blob: body, name };
  }

  /**
   * Sends one call. What can be sent again without harm (reads, and creations by their key) is, when the server is
   * busy or out of reach for a moment. Raises ApiError.
   *
   * @template Body
   * @param {string} method
   * @param {string} path
   * @param {Options} [options]
   * @returns {Promise<Answer<Body>>}
   */
  async request(method, path, options = {}) {
    const { query = {}, quiet = false } = options;
    const target = withQuery(path, query);
    const sent = asSent(method, options);
    let renewed = quiet;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(target, sent, options.file);
      } catch (error) {
        renewed = await this.recover(error, attempt, renewed, method, options);
      }
    }
  }

  /**
   * Makes it good to send a call again, by waiting or by renewing the session; raises the error where it is not.
   * Says whether the session is renewed by now.
   *
   * @param {unknown} error
   * @param {number} attempt
   * @param {boolean} renewed
   * @param {string} method
   * @param {Options} options
   */
  async recover(error, attempt, renewed, method, options) {
    if (!(error instanceof ApiError)) throw error;
    const wait = waitAfter(error, attempt, method, options);
    if (wait !== null) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      return renewed;
    }
    if (error.status === 401 && !renewed && (await this.renew())) return true;
    if (error.status === 401 && !options.quiet && (await this.signInAgain())) return true;
    throw error;
  }
}

/**
 * A call as fetch takes it: the same, with the same key, however often it is sent.
 *
 * @param {string} method
 * @param {Options} options
 * @returns {RequestInit}
 */
function asSent(method, { body, headers, creates = false, keepalive = false, signal }) {
  /** @type {Record<string, string>} */
  const all = { Accept: "application/json", ...headers };
  if (body !== undefined) all["Content-Type"] = "application/json";
  if (creates) all["Idempotency-Key"] = creates === true ? newKey() : creates;
  const text = body === undefined ? undefined : JSON.stringify(body);
  return { method, credentials: "same-origin", keepalive, headers: all, body: text, signal };
}

/**
 * Milliseconds after which a call is sent again; null where it is not.
 *
 * @param {ApiError} error
 * @param {number} attempt
 * @param {string} method
 * @param {Options} options
 */
function waitAfter(error, attempt, method, { creates = false }) {
  const harmless = creates || method === "GET";
  const wait = (error.retryAfter ?? 0.4 * attempt) * 1000;
  return harmless && attempt < ATTEMPTS && isPassing(error, Boolean(creates)) && wait <= LONGEST_WAIT ? wait : null;
}

/**
 * Whether it may well go through a moment later.
 *
 * @param {ApiError} error
 * @param {boolean} creates
 */
function isPassing(error, creates) {
  // Who waited that long is told, rather than made to wait as long again.
  if (error.code === TIMED_OUT) return false;
  const stillUnderWay = creates && error.status === 409 && error.code !== "TOO_MANY_TASKS";
  return [0, 429, 502, 503, 504].includes(error.status) || stillUnderWay;
}

/**
 * @param {string} path
 * @param {NonNullable<Options["query"]>} query
 */
function withQuery(path, query) {
  const parts = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return parts.length > 0
    ? `${path}?${new URLSearchParams(parts.map(([name, value]) => [name, String(value)]))}`
    : path;
}

/**
 * @param {string} url
 * @param {RequestInit} options
 * @param {boolean} [asFile]
 * @returns {Promise<Answer<any>>}
 */
async function send(url, options, asFile = false) {
  let response;
  let content;
  const limit = AbortSignal.timeout(asFile ? PATIENCE_WITH_FILES : PATIENCE);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  try {
    const ahead = options.method === "GET" ? await answeredAhead(url) : null;
    response = ahead ?? (await fetch(url, { ...options, signal }));
    content = asFile && response.ok ? await response.blob() : await response.text();
  } catch (error) {
    if (limit.aborted && !options.signal?.aborted) throw new ApiError(strings.errors.unanswered, { code: TIMED_OUT });
    if (error instanceof TypeError) throw new ApiError(strings.errors.unreachable);
    throw error;
  }
  const body = typeof content === "string" ? parse(content) : content;
  if (!response.ok) throw await refusal(response, body);
  return { status: response.status, headers: response.headers, body };
}

/**
 * What the server said, or null where that is no JSON: then its status speaks alone.
 *
 * @param {string} text
 */
function parse(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
