// Every sheet, in one piece that is loaded when the first is opened (sheets.js).

export { openAccount } from "./views/account/account.js";
export { openActivity } from "./views/activity.js";
export { openHelp } from "./views/help.js";
export { openHistory } from "./views/history.js";
export { openSettings } from "./views/settings.js";
export { openTaskForm } from "./views/task-form.js";
export { openTrash } from "./views/trash.js";
