// Settings and help, in English.

import { pluralsOf } from "../locale.js";

const plural = pluralsOf("en");

export const settings = {
  settings: {
    title: "Settings",
    language: "Language",
    aboutLanguage: "For this browser.",
    browsersLanguage: "The browser’s",
    zone: "Time zone",
    aboutZone: "Due dates, reminders and what counts as today follow it.",
    findPlace: "Find a place",
    placesFound: (/** @type {number} */ count) => `${plural(count, { one: "place", other: "places" })} found`,
    noPlace: "No such place. Look for a larger city where the clocks show the same.",
    useOwn: (/** @type {string} */ zone) => `Use this device’s: ${zone}`,
    save: "Save",
    order: "Dates that you type as 4/12",
    aboutOrder: "For the line that adds a task, and for the chat.",
    askOrder: "Ask me which it is",
    dayFirst: "Day first: 4/12 is 4 December",
    monthFirst: "Month first: 4/12 is April 12",
    sent: "Sent to your open pages",
    aboutSent: "Changes that are not sent appear when you come back to the page.",
    all: "All changes and reminders",
    reminders: "Reminders only",
    nothing: "Nothing",
    some: "Only these",
    which: "Which ones",
    types: {
      reminders: "Reminders",
      created: "New tasks",
      updated: "Edits",
      completed: "Done",
      deleted: "Deletions",
    },
    device: "On this device",
    keys: "Keyboard shortcuts (press ? to see them)",
    desktop: "Show reminders on the desktop while this page is in the background",
    refused: "This browser does not allow it. You can allow notifications for this site in its settings.",
  },
  /**
   * Places that are not called as the last word of their zone's name.
   *
   * @type {Record<string, string>}
   */
  cities: {
    "America/Godthab": "Nuuk",
    "Asia/Calcutta": "Kolkata",
    "Asia/Katmandu": "Kathmandu",
    "Asia/Rangoon": "Yangon",
    "Asia/Saigon": "Ho Chi Minh City",
    "Atlantic/Faeroe": "Faroe",
    "Europe/Kiev": "Kyiv",
  },
  help: {
    title: "Keyboard shortcuts",
    newTask: "New task",
    search: "Search",
    chat: "Chat",
    nextAndPrevious: "Next and previous task",
    toggle: "Mark the task done, or open again",
    open: "Open the task",
    close: "Close, or leave a field",
    today: "This task to today",
    delete: "Delete the task",
    submit: "Save a form",
    palette: "Find, go to, or add anything",
    about:
      "The single keys can be turned off in the settings, for instance where they get in the way of a screen reader.",
    undo: "Undo",
    help: "This help",
    space: "Space",
    enter: "Enter",
    deleteKey: "Delete",
    ctrlK: "Ctrl+K",
    ctrlEnter: "Ctrl+Enter",
    escape: "Esc",
  },
};
