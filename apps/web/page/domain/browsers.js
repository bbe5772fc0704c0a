// Which browser on which system a User-Agent is of, in words.

import { strings } from "../strings/later.js";

const BROWSERS = [
  ["Edg", "Edge"],
  ["OPR/", "Opera"],
  ["Firefox/", "Firefox"],
  ["FxiOS/", "Firefox"],
  ["CriOS/", "Chrome"],
  ["Chrome/", "Chrome"],
  ["Safari/", "Safari"],
];
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iPhone"],
  ["iPad", "iPad"],
  ["Windows", "Windows"],
  ["Mac OS X", "macOS"],
  ["CrOS", "ChromeOS"],
  ["Linux", "Linux"],
];

/**
 * "Firefox on Windows"; of a program its own name for itself.
 *
 * @param {string | null} userAgent
 */
export function deviceLabel(userAgent) {
  if (!userAgent) return strings.sessions.unknownDevice;
  const named = (/** @type {string[][]} */ names) => names.find(([mark]) => userAgent.includes(mark))?.[1];
  const browser = userAgent.startsWith("Mozilla/") ? named(BROWSERS) : undefined;
  if (!browser) return userAgent;
  const system = named(SYSTEMS);
  return system ? strings.sessions.device(browser, system) : browser;
}
