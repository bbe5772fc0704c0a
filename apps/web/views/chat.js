// The chat box: tasks in plain words.

import { h } from "../dom.js";
import { icon } from "../icons.js";

/** The assistant's words; what stands between double asterisks is a heading. */
const emphasised = (text) => text.split(/\*\*(.+?)\*\*/).map((part, index) => (index % 2 ? h("strong", {}, part) : part));

const LOG_MARGIN = 8;
const EXAMPLES = ["What is due today?", "Add buy milk", "Show my pending tasks"];

/** A panel beside the list; `onClose()` when closed. The talk is kept while the page is open. */
export function chatPanel({ app, onClose }) {
  let conversation = null;
  const log = h("div", { class: "chat-log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: 0 });
  const input = h("input", { type: "text", "aria-label": "Message", placeholder: "Ask or tell me something", maxlength: 10000, autocomplete: "off", enterkeyhint: "send" });
  const send = h("button", { type: "submit", class: "primary-button icon-only", "aria-label": "Send" }, icon("send"));
  const examples = h(
    "div",
    { class: "chips chat-examples" },
    EXAMPLES.map((text) => h("button", { type: "button", class: "chip-button", on: { click: () => say(text) } }, text)),
  );
  const node = h(
    "aside",
    { class: "chat", "aria-label": "Chat", hidden: true, on: { keydown: (event) => event.key === "Escape" && close() } },
    h("div", { class: "chat-head" }, h("h2", {}, "Chat"), h("button", { type: "button", class: "icon-button", "aria-label": "Close chat", on: { click: close } }, icon("close"))),
    log,
    examples,
    h("form", { class: "chat-form", on: { submit } }, input, send),
  );
  let before = null;
  let asked = null;

  function add(kind, text) {
    const line = h("p", { class: `chat-line chat-${kind}` }, h("span", { class: "visually-hidden" }, kind === "mine" ? "You: " : "TaskFlow: "), kind === "theirs" ? emphasised(text) : text);
    log.append(line);
    if (kind === "mine") asked = line;
    // To the end; of an answer longer than the log, to the question, so that it is read from its beginning.
    log.scrollTop = kind === "mine" || !asked ? log.scrollHeight : asked.offsetTop - log.offsetTop - LOG_MARGIN;
    return line;
  }

  function submit(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (text && !send.disabled) say(text);
  }

  async function say(text) {
    examples.hidden = true;
    input.value = "";
    add("mine", text);
    const pending = h("p", { class: "chat-line chat-theirs chat-pending", "aria-hidden": "true" }, "…");
    log.append(pending);
    log.scrollTop = log.scrollHeight;
    send.disabled = true;
    try {
      const body = conversation ? { message: text, conversation_id: conversation } : { message: text };
      const answer = await app.api.json("POST", "/api/v1/chat", { body, creates: true });
      conversation = answer.conversation_id ?? conversation;
      add("theirs", answer.response);
      // The stream brings what the chat changed; without one, the list is asked for.
      if ((answer.tool_calls ?? []).length > 0 && !app.sync.live) app.sync.loadSoon();
    } catch (error) {
      if (error.name !== "ApiError") throw error;
      add("problem", error.message);
      input.value = text;
    } finally {
      pending.remove();
      send.disabled = false;
      input.focus();
    }
  }

  function open() {
    before = document.activeElement;
    node.hidden = false;
    if (log.childElementCount === 0) add("theirs", "Hello! Tell me what to add, find, complete or delete.");
    input.focus();
  }

  function close() {
    node.hidden = true;
    if (before instanceof HTMLElement && before.isConnected) before.focus();
    onClose();
  }

  return { node, open, close, isOpen: () => !node.hidden };
}
