// Written by `make typedefs` from the OpenAPI document of reminder-service: not to be edited.

export interface ErrorAnswer {
  detail: ErrorBody;
}

export interface ErrorBody {
  error: string;
  code: string;
  message: string;
  params?: Record<string, string | number>;
}

export interface FieldProblem {
  loc: Array<string>;
  msg: string;
  type: string;
  code?: "MISSING" | "TOO_SHORT" | "TOO_LONG" | "TOO_MANY" | "BLANK" | "CONTROL_CHARACTERS" | "INVALID_VALUE" | "MALFORMED" | "UNKNOWN_PARAMETER" | "OUT_OF_RANGE" | "NOT_AN_ADDRESS" | "PASSWORD_TOO_LONG" | "PASSWORD_COMMON" | "NOT_A_DATE" | "YEAR_OUT_OF_RANGE" | "UNKNOWN_TIME_ZONE" | "NEEDS_TIME_ZONE" | "NEEDS_DUE_DATE" | "NEEDS_REPEAT" | "INVALID_REPEAT" | "END_BEFORE_START" | "TOO_MANY_OCCURRENCES" | "NOT_A_REMINDER" | "REMINDER_TOO_EARLY" | "SNOOZE_OUT_OF_RANGE" | "ONE_OF_TWO" | "INVALID_CURSOR" | "INVALID_KEY" | "KEY_USED_OTHERWISE" | null;
  params?: Record<string, string | number>;
}

export interface Reminder {
  id: string;
  task_id: string;
  title: string | null;
  offset: string;
  due_date: string;
  due_at: string;
  scheduled_at: string;
  snoozed_until: string | null;
  fired_at: string | null;
  acknowledged_at: string | null;
  status: "pending" | "sent" | "acknowledged" | "cancelled";
}

export interface ReminderList {
  items: Array<Reminder>;
}

export interface Snooze {
  minutes?: number | null;
  until?: string | null;
}

export interface ValidationAnswer {
  detail: Array<FieldProblem>;
}
