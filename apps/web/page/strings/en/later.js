// What the page says in sheets that few open first, in English.

import { account } from "./account.js";
import { fields } from "./fields.js";
import { history } from "./history.js";
import { pasted } from "./pasted.js";
import { review } from "./review.js";
import { security } from "./security.js";
import { select } from "./select.js";
import { settings } from "./settings.js";
import { unsent } from "./unsent.js";
import { ways } from "./ways.js";

export const later = {
  ...account,
  ...fields,
  ...history,
  ...pasted,
  ...review,
  ...security,
  ...settings,
  ...unsent,
  ...ways,
  select,
};
