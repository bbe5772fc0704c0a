// The page's few line icons, drawn on a 24 by 24 grid in the colour of the text around them.

const PATHS = {
  add: ["M12 5v14", "M5 12h14"],
  alert: ["M12 8v5", "M12 16.5v.01", "M10.3 4.2 2.9 17a2 2 0 0 0 1.7 3h14.8a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0z"],
  bell: ["M6 9a6 6 0 0 1 12 0c0 6 2.5 7 2.5 7h-17S6 15 6 9z", "M10 20a2.2 2.2 0 0 0 4 0"],
  calendar: [
    "M5 6h14a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1z",
    "M4 10.5h16",
    "M8 3.5V8",
    "M16 3.5V8",
  ],
  chat: ["M4 5.5h16a1 1 0 0 1 1 1v9.5a1 1 0 0 1-1 1h-8l-5 4v-4H4a1 1 0 0 1-1-1V6.5a1 1 0 0 1 1-1z"],
  check: ["m5.5 12.5 4.5 4.5 9-10"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  flag: ["M5 21V4", "M5 4.5h13l-3 4.5 3 4.5H5"],
  history: ["M4 12a8 8 0 1 0 2.6-5.9L4 8.5", "M4 4v4.5h4.5", "M12 8v4.3l3 1.8"],
  more: ["M5 12v.01", "M12 12v.01", "M19 12v.01"],
  repeat: ["M4 11V9.5A3.5 3.5 0 0 1 7.5 6H20", "m17 3 3 3-3 3", "M20 13v1.5a3.5 3.5 0 0 1-3.5 3.5H4", "m7 21-3-3 3-3"],
  seal: ["M7 11h10a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H7a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  search: ["M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "m20.5 20.5-4.5-4.5"],
  send: ["M4 12 20 4l-5 16-3.5-6.5z", "M20 4l-8.5 9.5"],
  snooze: ["M12 20a7 7 0 1 0 0-14 7 7 0 0 0 0 14z", "M12 9.5V13l2.5 1.5", "m3 6.5 3-2.7", "m21 6.5-3-2.7"],
  tag: ["M3.5 4.5v7l9 9 8-8-9-9h-7a1 1 0 0 0-1 1z", "M8 8v.01"],
  trash: ["M5 7h14", "M10 7V4.5h4V7", "m6.5 7 1 12.5h9l1-12.5", "M10.3 11v5", "M13.7 11v5"],
};

const SVG = "http://www.w3.org/2000/svg";

/**
 * One icon by its name; hidden from screen readers, since a label always stands beside it.
 *
 * @param {keyof typeof PATHS} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  for (const d of PATHS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}
