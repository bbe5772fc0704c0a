// Every sheet, what mailed links open, and whatever else is not needed at first, in one piece that is loaded soon after
// the page is there, or when the first of it is needed (sheets.js, app.js, views/later.js).

export { Activity } from "./state/activity.js";
export { Trash } from "./state/trash.js";
export { openAccount } from "./views/account/account.js";
export { openActivity } from "./views/activity.js";
export { chatPanel } from "./views/chat.js";
export { confirmEmailView } from "./views/confirm-email.js";
export { openHelp } from "./views/help.js";
export { openHistory } from "./views/history.js";
export { forgotView, newPasswordView } from "./views/lost-password.js";
export { openPalette } from "./views/palette.js";
export { openReschedule } from "./views/reschedule.js";
export { askScope } from "./views/scope.js";
export { Selecting } from "./views/selecting.js";
export { openSettings } from "./views/settings.js";
export { askSignOutEverywhere } from "./views/sign-out.js";
export { openTaskForm } from "./views/task-form.js";
export { openTrash } from "./views/trash.js";
