// Whether the server is there, found out by asking when nothing has been heard of it for some seconds: a stream that hangs
// looks like one on which nothing happens. Asked only while somebody sees the page.

/** @typedef {"fine" | "offline" | "silent"} Pulse `silent`: there is a network, and no answer. */

const PATH = "/health";
const QUIET = 5_000;
const PATIENCE = 3_500;
const TICK = 1_000;

/** Follows the connection until it is stopped. */
export class PulseTaker {
  /** @param {(pulse: Pulse) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    /** @type {Pulse} */
    this.pulse = navigator.onLine ? "fine" : "offline";
    this.last = Date.now();
    this.asking = false;
    this.stopping = new AbortController();
  }

  start() {
    const { signal } = this.stopping;
    const timer = setInterval(() => this.tick(), TICK);
    signal.addEventListener("abort", () => clearInterval(timer));
    addEventListener("offline", () => this.set("offline"), { signal });
    addEventListener("online", () => this.ask(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.ask(), { signal });
  }

  stop() {
    this.stopping.abort();
  }

  /** Something came from the server. */
  heard() {
    this.last = Date.now();
    this.set("fine");
  }

  tick() {
    if (!document.hidden && Date.now() - this.last > QUIET) this.ask();
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    try {
      const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(PATIENCE)]);
      const answer = await fetch(PATH, { cache: "no-store", credentials: "omit", signal });
      await answer.arrayBuffer();
      if (answer.status < 500) this.heard();
      else this.set("silent");
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
      if (!this.stopping.signal.aborted) this.set(navigator.onLine ? "silent" : "offline");
    } finally {
      this.asking = false;
    }
  }

  /** @param {Pulse} pulse */
  set(pulse) {
    if (pulse === this.pulse) return;
    this.pulse = pulse;
    this.onChange(pulse);
  }
}
