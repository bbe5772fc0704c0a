// The chat box: tasks in plain words.

import { h, rememberFocus } from "../dom.js";
import { icon } from "../icons.js";
import { ApiError } from "../server/errors.js";
import { strings } from "../strings/index.js";

/**
 * @import { ChatAnswer } from "../../types/chat-api.js"
 * @import { Api } from "../server/api.js"
 * @import { Drafts } from "../state/drafts.js"
 * @import { Sync } from "../state/sync.js"
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
    value: drafts.text("chat"),
    autocomplete: "off",
    enterkeyhint: "send",
  });
  input.addEventListener("input", () => drafts.keep("chat", input.value));
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
    input.value = "";
    drafts.drop("chat");
    say(text);
  }

  /**
   * Messages are answered one after the other, for what one means may hang on the one before.
   *
   * @param {string} text
   */
  function say(text) {
    examples.hidden = true;
    add("mine", text);
    const pending = h("p", { class: "chat-line chat-theirs chat-pending", "aria-hidden": "true" }, "…");
    log.append(pending);
    log.scrollTop = log.scrollHeight;
    talk = talk.then(() => hear(text)).finally(() => pending.remove());
  }

  /** @param {string} text */
  async function hear(text) {
    try {
      add("theirs", await answerTo(text));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) conversation = null; // it is gone: the next message begins another
      comeBack(text, add("problem", error.message));
    }
  }

  /**
   * A message that was not answered comes back into the field; where the next one is typed already, it can be sent again.
   *
   * @param {string} text
   * @param {HTMLElement} reason
   */
  function comeBack(text, reason) {
    if (!input.value) {
      input.value = text;
      return;
    }
    const sendAgain = () => {
      again.remove();
      say(text);
    };
    const again = h("button", { type: "button", class: "chip-button", on: { click: sendAgain } }, words.sendAgain);
    reason.append(" ", again);
  }

  /**
   * What the assistant says to a message; what it did shows in the list. Raises ApiError.
   *
   * @param {string} text
   */
  async function answerTo(text) {
    const body = conversation ? { message: text, conversation_id: conversation } : { message: text };
    /** @type {ChatAnswer} */
    const answer = await api.json("POST", "/api/v1/chat", { body, creates: true });
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

  return { node, open, close, isOpen: () => !node.hidden };
}
