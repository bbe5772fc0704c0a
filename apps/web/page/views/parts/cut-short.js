// Says so when a field takes only a part of what is pasted or dropped into it: browsers cut it without a word.

import { strings } from "../../strings/later.js";

/**
 * Watches the fields in a node, or one. What a field handles itself, as a line for new tasks does, is no paste here.
 *
 * @param {HTMLElement} node
 * @param {(text: string) => void} say
 */
export function sayWhatIsCut(node, say) {
  node.addEventListener("beforeinput", ({ target, inputType, data, dataTransfer }) => {
    const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
    if (!isField || target.maxLength < 0 || !/^insertFrom(Paste|Drop)/.test(inputType)) return;
    const text = (data ?? dataTransfer?.getData("text/plain") ?? "").replaceAll("\r\n", "\n");
    const put = target instanceof HTMLInputElement ? text.replaceAll(/[\r\n]/g, "") : text;
    const replaced = (target.selectionEnd ?? 0) - (target.selectionStart ?? 0);
    const left = put.length - (target.maxLength - target.value.length + replaced);
    if (left > 0) say(strings.pasting.didNotFit(left, target.maxLength));
  });
}
