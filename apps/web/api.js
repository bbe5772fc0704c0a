// The page's way to the server: one request function, errors with the fields they name, retries that are safe.
//
// The session is an HttpOnly cookie that the browser sends by itself, so this page never holds a token.

const ATTEMPTS = 3;
const LONGEST_WAIT = 10_000;

/**
 * A refusal, or no answer at all (status 0). `fields` maps a body field to what is wrong with it; `retryAfter` is
 * in seconds, or null where the server gave none.
 */
export class ApiError extends Error {
  constructor(message, { status = 0, code = "", fields = new Map(), retryAfter = null } = {}) {
    super(message);
    this.name = "ApiError";
    Object.assign(this, { status, code, fields, retryAfter });
  }
}

/** A key that makes sending a creation again harmless. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Seconds in a Retry-After header, which is a number or a date; null without one. */
export function retryAfterSeconds(headers) {
  const value = headers.get("Retry-After");
  if (!value) return null;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null;
}

/** The path of the next page in a Link header, or null at the end. */
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
 * fails. Calls that say `quiet` just get their 401.
 */
export class Api {
  constructor({ onSignedOut = () => {} } = {}) {
    this.onSignedOut = onSignedOut;
    this.renewal = null;
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
    for (const [method, path] of [["POST", "/api/v1/auth/refresh"], ["GET", "/api/v1/auth/me"]]) {
      try {
        await this.json(method, path, { quiet: true });
        return true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // Without a refresh token the session may still be good: then the second question says so.
        if (![400, 401].includes(error.status)) return true;
      }
    }
    return false;
  }

  /** The answer's body. Raises ApiError. See `request` for the options. */
  async json(method, path, options) {
    return (await this.request(method, path, options)).body;
  }

  /**
   * Sends one call and returns `{status, headers, body}`. Options: `body` (JSON), `query` (object; null leaves a
   * part out), `headers`, `creates` (sends an Idempotency-Key), `quiet`, `keepalive`. What can be sent again without
   * harm (reads, and creations by their key) is, when the server is busy or out of reach for a moment.
   */
  async request(method, path, { body, query = {}, headers = {}, creates = false, quiet = false, keepalive = false } = {}) {
    const options = { method, credentials: "same-origin", keepalive, headers: { Accept: "application/json", ...headers } };
    if (body !== undefined) {
      options.body = JSON.stringify(body);
      options.headers["Content-Type"] = "application/json";
    }
    if (creates) options.headers["Idempotency-Key"] = newKey();
    const again = creates || method === "GET";
    let renewed = quiet;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await send(withQuery(path, query), options);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const wait = (error.retryAfter ?? 0.4 * attempt) * 1000;
        if (again && attempt < ATTEMPTS && isPassing(error, creates) && wait <= LONGEST_WAIT) {
          await new Promise((resolve) => setTimeout(resolve, wait));
          continue;
        }
        if (error.status === 401 && !renewed) {
          renewed = true;
          if (await this.renew()) continue;
        }
        if (error.status === 401 && !quiet) this.onSignedOut();
        throw error;
      }
    }
  }
}

function isPassing(error, creates) {
  return [0, 429, 502, 503, 504].includes(error.status) || (creates && error.status === 409);
}

function withQuery(path, query) {
  const parts = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return parts.length > 0 ? `${path}?${new URLSearchParams(parts)}` : path;
}

async function send(url, options) {
  let response;
  let text;
  try {
    response = await fetch(url, options);
    text = await response.text();
  } catch (error) {
    if (error instanceof TypeError) throw new ApiError("TaskFlow cannot be reached. Check your connection and try again.");
    throw error;
  }
  const body = parse(text);
  if (!response.ok) throw refusal(response, body);
  return { status: response.status, headers: response.headers, body };
}

function parse(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const PLAIN = new Map([
  [403, "This is not yours to change."],
  [404, "It is no longer there."],
  [409, "The same change is still under way. Try again in a moment."],
  [412, "It has been changed in the meantime."],
]);

function refusal(response, body) {
  const { status, headers } = response;
  const retryAfter = retryAfterSeconds(headers);
  const detail = body?.detail ?? body;
  if (Array.isArray(detail)) {
    const fields = new Map(detail.map((problem) => [fieldOf(problem.loc), readable(problem.msg)]));
    const message = [...fields].map(([field, text]) => (field ? `${field}: ${text}` : text)).join(" ");
    return new ApiError(message, { status, fields, retryAfter, code: "VALIDATION_ERROR" });
  }
  const given = typeof detail === "string" ? detail : detail?.message;
  let message = given ?? PLAIN.get(status) ?? "Something went wrong on our side. Try again in a moment.";
  if (status === 429) message = `Too many tries. Wait ${retryAfter ?? "a few"} seconds, then try again.`;
  return new ApiError(message, { status, retryAfter, code: detail?.code ?? "" });
}

function fieldOf(loc) {
  const names = (loc ?? []).filter((part) => typeof part === "string" && !["body", "query", "path"].includes(part));
  return names[0] ?? "";
}

function readable(message) {
  const text = String(message ?? "This is not valid.");
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
