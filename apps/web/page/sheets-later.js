// Every sheet, and what mailed links open, in one piece that is loaded when the first is opened (sheets.js, app.js).

export { Activity } from "./state/activity.js";
export { Trash } from "./state/trash.js";
export { openAccount } from "./views/account/account.js";
export { openActivity } from "./views/activity.js";
export { confirmEmailView } from "./views/confirm-email.js";
export { openHelp } from "./views/help.js";
export { openHistory } from "./views/history.js";
export { forgotView, newPasswordView } from "./views/lost-password.js";
export { openPalette } from "./views/palette.js";
export { openSettings } from "./views/settings.js";
export { openTaskForm } from "./views/task-form.js";
export { openTrash } from "./views/trash.js";
