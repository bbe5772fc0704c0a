// The chat box: tasks in plain words.

import { h, rememberFocus } from "../dom.js";
import { icon } from "../icons.js";
import { newKey } from "../server/api.js";
import { ApiError } from "../server/errors.js";
import { strings } from "../strings/index.js";
import { sayWhatIsCut } from "./parts/cut-short.js";

/**
 * @import { ChatAnswer } from "../../types/chat-api.js"
 * @import { Api } from "../server/api.js"
 * @import { Drafts } from "../state/drafts.js"
 * @import { Sync } from "../state/sync.js"
 */

/**
 * @typedef {object} Message What is said, with the key by which the server knows it again.
 * @property {string} key
 * @property {{message: string, conversation_id?: string}} body as it is sent: once it has been, for good
 * @property {boolean} [tried] whether it has been sent
 */

/**
 * The assistant's words; what stands between double asterisks is a heading.
 *
 * @param {string} text
 */
const emphasised = (text) =>
  text.split(/\*\*(.+?)\*\*/).map((part, index) => (index % 2 ? h("strong", {}, part) : part));

const BRAND = "TaskFlow";
const LOG_MARGIN = 8;
const words = strings.chat;

/**
 * A panel beside the list; `onClose()` is called when the person closes it. The talk is kept while the page is open.
 *
 * @param {{api: Api, sync: Sync, drafts: Drafts, onClose: () => void}} needs
 */
export function chatPanel({ api, sync, drafts, onClose }) {
  /** @type {string | null} */
  let conversation = null;
  const log = h("div", {
    class: "chat-log",
    role: "log",
    "aria-live": "polite",
    "aria-label": words.conversation,
    tabindex: 0,
  });
  const input = h("input", {
    type: "text",
    "aria-label": words.message,
    placeholder: words.placeholder,
    maxlength: 10000,
    dir: "auto",
    autocomplete: "off",
    enterkeyhint: "send",
  });
  sayWhatIsCut(input, (text) => add("problem", text));
  /** A message that came back into the field, as long as it is the same. @type {{message: Message, release: () => void} | null} */
  let back = null;
  input.addEventListener("input", () => {
    drafts.keep("chat", input.value);
    back?.release();
    back = null;
  });
  const send = h(
    "button",
    { type: "submit", class: "primary-button icon-only", "aria-label": words.send },
    icon("send"),
  );
  const examples = h(
    "div",
    { class: "chips chat-examples" },
    words.examples.map((text) =>
      h("button", { type: "button", class: "chip-button", on: { click: () => say(text) } }, text),
    ),
  );
  const node = h(
    "aside",
    {
      class: "chat",
      "aria-label": words.title,
      hidden: true,
      on: { keydown: (event) => event.key === "Escape" && onClose() },
    },
    h(
      "div",
      { class: "chat-head" },
      h("h2", {}, words.title),
      h(
        "button",
        { type: "button", class: "icon-button", "aria-label": words.close, on: { click: onClose } },
        icon("close"),
      ),
    ),
    log,
    examples,
    h("form", { class: "chat-form", on: { submit } }, input, send),
  );
  let returnFocus = () => {};
  /** Settles when everything said so far is answered. */
  let talk = Promise.resolve();
  /** @type {HTMLElement | null} */
  let asked = null;

  /**
   * @param {"mine" | "theirs" | "problem"} kind
   * @param {string} text
   */
  function add(kind, text) {
    const line = h(
      "p",
      { class: `chat-line chat-${kind}`, dir: "auto" },
      h("span", { class: "visually-hidden" }, `${kind === "mine" ? words.you : BRAND}: `),
      kind === "theirs" ? emphasised(text) : text,
    );
    log.append(line);
    if (kind === "mine") asked = line;
    // To the end; of an answer longer than the log, to the question, so that it is read from its beginning.
    log.scrollTop = kind === "mine" || !asked ? log.scrollHeight : asked.offsetTop - log.offsetTop - LOG_MARGIN;
    return line;
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    const again = back;
    back = null;
    input.value = "";
    drafts.keep("chat", "");
    say(text, again?.message);
    again?.release();
  }

  /**
   * Messages are answered one after the other, for what one means may hang on the one before. Until it is, one is kept.
   *
   * @param {string} text
   * @param {Message} [message]
   */
  function say(text, message = newMessage(text)) {
    examples.hidden = true;
    const release = drafts.hold("said", message);
    add("mine", text);
    const pending = h("p", { class: "chat-line chat-theirs chat-pending", "aria-hidden": "true" }, "…");
    log.append(pending);
    log.scrollTop = log.scrollHeight;
    talk = talk.then(() => hear(message, release)).finally(() => pending.remove());
  }

  /**
   * @param {string} text
   * @returns {Message}
   */
  function newMessage(text) {
    return { key: newKey(), body: { message: text } };
  }

  /**
   * The message as it is sent, again and again: what is said first joins the talk as it is then.
   *
   * @param {Message} message
   * @returns {Message}
   */
  function settled({ key, body, tried }) {
    return { key, body: conversation && !tried ? { ...body, conversation_id: conversation } : body, tried: true };
  }

  /**
   * @param {Message} said
   * @param {() => void} sent lets go of it as it was said
   */
  async function hear(said, sent) {
    const message = settled(said);
    const release = drafts.hold("said", message);
    sent();
    try {
      add("theirs", await answerTo(message));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) conversation = null; // it is gone: the next message begins another
      // What may have arrived is sent as the same; what was refused is said anew.
      const isUnknown = error.status === 0 || error.status >= 500;
      comeBack(isUnknown ? message : newMessage(message.body.message), add("problem", error.message));
    } finally {
      release();
    }
  }

  /**
   * A message that was not answered comes back into the field; where the next one is typed already, it can be sent again.
   *
   * @param {Message} message
   * @param {HTMLElement} reason
   */
  function comeBack(message, reason) {
    if (input.value) return offerAgain(message, reason);
    input.value = message.body.message;
    back = { message, release: drafts.hold("said", message) };
  }

  /**
   * @param {Message} message
   * @param {HTMLElement} reason
   */
  function offerAgain(message, reason) {
    const release = drafts.hold("said", message);
    const sendAgain = () => {
      again.remove();
      say(message.body.message, message);
      release();
    };
    const again = h("button", { type: "button", class: "chip-button", on: { click: sendAgain } }, words.sendAgain);
    reason.append(" ", again);
  }

  /**
   * What the assistant says to a message; what it did shows in the list. Raises ApiError.
   *
   * @param {Message} message
   */
  async function answerTo({ body, key }) {
    /** @type {ChatAnswer} */
    const answer = await api.json("POST", "/api/v1/chat", { body, creates: key });
    conversation = answer.conversation_id ?? conversation;
    // The stream brings what the chat changed; without one, the list is asked for.
    if ((answer.tool_calls ?? []).length > 0 && !sync.live) sync.loadSoon();
    return answer.response;
  }

  function open() {
    if (!node.hidden) return;
    returnFocus = rememberFocus();
    node.hidden = false;
    if (log.childElementCount === 0) add("theirs", [words.hello, words.language].filter(Boolean).join(" "));
    input.focus();
  }

  function close() {
    if (node.hidden) return;
    node.hidden = true;
    returnFocus();
  }

  // One message is never made of two: what finds the field taken waits for the next visit.
  drafts.recall("chat", (text) => (input.value ? drafts.hold("chat", text) : type(text)));
  drafts.left("said", (message) => {
    add("mine", message.body.message);
    offerAgain(message, add("problem", strings.unsent.mark));
  });
  /** @param {string} text */
  function type(text) {
    input.value = [input.value, text].filter(Boolean).join(" ").slice(0, input.maxLength);
    input.dispatchEvent(new Event("input"));
  }

  return { node, open, close, type };
}
