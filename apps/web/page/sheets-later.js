// Every sheet, what mailed links open, and whatever else is not needed at first, in one piece that is loaded soon after
// the page is there, or when the first of it is needed (sheets.js, app.js, views/later.js).

export { registerWorker } from "./offline/worker.js";
export { Activity } from "./state/activity.js";
export { Trash } from "./state/trash.js";
export { openAccount } from "./views/account/account.js";
export { chatPanel } from "./views/chat.js";
export { confirmEmailView } from "./views/entrance/confirm-email.js";
export { forgotView, newPasswordView } from "./views/entrance/lost-password.js";
export { askSignOutEverywhere } from "./views/entrance/sign-out.js";
export { askScope } from "./views/form/scope.js";
export { openTaskForm } from "./views/form/task-form.js";
export { openHelp } from "./views/help.js";
export { openReschedule } from "./views/list/reschedule.js";
export { openPalette } from "./views/palette/palette.js";
export { openActivity } from "./views/past/activity.js";
export { openHistory } from "./views/past/history.js";
export { openTrash } from "./views/past/trash.js";
export { offerPasted } from "./views/quick-add/pasted.js";
export { Selecting } from "./views/selecting/selecting.js";
export { openSettings } from "./views/settings.js";
export { askToLose, openUnsent } from "./views/unsent.js";
