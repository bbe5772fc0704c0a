// How rows are selected by hand: with Ctrl, Cmd or Shift held, by a long press, or by any press once one is selected.

const LONG = 500;
const STILL = 10;

/**
 * @typedef {object} Needs
 * @property {() => boolean} isOpen whether a press selects
 * @property {(id: string) => void} toggle
 * @property {(id: string) => void} extend
 * @property {() => void} selectAll
 */

/**
 * @param {HTMLElement} node the list
 * @param {Needs} needs
 */
export function selectGestures(node, { isOpen, toggle, extend, selectAll }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {{x: number, y: number, row: HTMLElement} | null} where a finger went down and has stayed */
  let down = null;
  let wasLong = false;

  /** @param {Event} event */
  function stop(event) {
    event.preventDefault();
    event.stopPropagation();
  }

  function lift() {
    clearTimeout(timer);
    down = null;
  }

  function press() {
    if (!down) return;
    const { row } = down;
    lift();
    wasLong = true;
    navigator.vibrate?.(15);
    toggle(row.dataset.id ?? "");
  }

  /**
   * Whether a click selects, rather than do what it does otherwise.
   *
   * @param {MouseEvent} event
   */
  function selects({ target, detail, shiftKey, ctrlKey, metaKey }) {
    if (isLink(target)) return false;
    // What keys do to a row's own controls, they do as ever.
    return shiftKey || ctrlKey || metaKey || (isOpen() && detail > 0 && !isButton(target));
  }

  node.addEventListener(
    "click",
    (event) => {
      const id = rowOf(event.target)?.dataset.id;
      if (id === undefined) return;
      if (wasLong) stop(event);
      else if (selects(event)) {
        stop(event);
        if (event.shiftKey) extend(id);
        else toggle(id);
      }
      wasLong = false;
    },
    { capture: true },
  );
  // With Shift a press would select text.
  node.addEventListener("mousedown", (event) => {
    if (event.shiftKey && rowOf(event.target)) event.preventDefault();
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "a" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    selectAll();
  });
  node.addEventListener("pointerdown", (event) => {
    lift();
    wasLong = false;
    const row = rowOf(event.target);
    if (event.pointerType !== "touch" || !event.isPrimary || !row || isOpen()) return;
    if (isLink(event.target) || isButton(event.target)) return;
    down = { x: event.clientX, y: event.clientY, row };
    timer = setTimeout(press, LONG);
  });
  node.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (down && Math.hypot(clientX - down.x, clientY - down.y) > STILL) lift();
  });
  node.addEventListener("pointerup", lift);
  node.addEventListener("pointercancel", lift);
  // Telephones have a menu of their own for a long press.
  node.addEventListener("contextmenu", (event) => {
    if (!down && !wasLong) return;
    event.preventDefault();
    press();
  });
}

/** @param {EventTarget | null} target */
function rowOf(target) {
  const row = target instanceof Element ? target.closest(".task") : null;
  return row instanceof HTMLElement ? row : null;
}

/** @param {EventTarget | null} target */
function isLink(target) {
  return target instanceof Element && target.closest("a") !== null;
}

/** @param {EventTarget | null} target one of the row's own buttons */
function isButton(target) {
  return target instanceof Element && target.closest(".task-tools") !== null;
}
