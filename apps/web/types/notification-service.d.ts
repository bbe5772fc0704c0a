// Written by `make typedefs` from the OpenAPI document of notification-service: not to be edited.

export interface BatchFrame {
  id: string;
  type: "batch";
  time: string;
  count: number;
  task_ids: Array<string>;
  reminders: number;
}

export interface ErrorAnswer {
  detail: ErrorBody;
}

export interface ErrorBody {
  error: string;
  code: string;
  message: string;
  params?: Record<string, string | number>;
}

export interface ExpiringFrame {
  id?: null;
  type: "expiring";
  time: string;
  expires_at: string;
}

export interface FieldProblem {
  loc: Array<string>;
  msg: string;
  type: string;
  code?: "MISSING" | "TOO_SHORT" | "TOO_LONG" | "TOO_MANY" | "BLANK" | "CONTROL_CHARACTERS" | "INVALID_VALUE" | "MALFORMED" | "UNKNOWN_PARAMETER" | "OUT_OF_RANGE" | "NOT_AN_ADDRESS" | "PASSWORD_TOO_LONG" | "PASSWORD_COMMON" | "NOT_A_DATE" | "YEAR_OUT_OF_RANGE" | "UNKNOWN_TIME_ZONE" | "NEEDS_TIME_ZONE" | "NEEDS_DUE_DATE" | "NEEDS_REPEAT" | "INVALID_REPEAT" | "END_BEFORE_START" | "TOO_MANY_OCCURRENCES" | "NOT_A_REMINDER" | "REMINDER_TOO_EARLY" | "SNOOZE_OUT_OF_RANGE" | "ONE_OF_TWO" | "INVALID_CURSOR" | "INVALID_KEY" | "KEY_USED_OTHERWISE" | null;
  params?: Record<string, string | number>;
}

export interface FiredReminder {
  id: string;
  offset: string;
  due_date: string;
  scheduled_at: string;
  fired_at: string;
  late: boolean;
}

export interface ReminderFrame {
  id: string;
  type: "task.reminder.triggered";
  time: string;
  task_id: string;
  version: number;
  task: Task | null;
  reminder: FiredReminder;
}

export interface ResetFrame {
  id?: string | null;
  type: "reset";
  time: string;
  reason: "slow" | "gap" | "unknown" | "flood" | "unavailable";
}

export interface SignedOutFrame {
  id?: null;
  type: "signed_out";
  time: string;
}

export interface Task {
  id: string;
  user_id: string;
  title: string;
  description: string | null;
  completed: boolean;
  due_date?: string | null;
  due_at?: string | null;
  due_all_day?: boolean;
  recurrence_pattern?: string | null;
  recurrence_end_date?: string | null;
  recurrence_timezone?: string | null;
  parent_recurring_task_id?: string | null;
  occurrence_date?: string | null;
  reminders?: Array<string>;
  tags?: Array<string>;
  priority?: "none" | "low" | "medium" | "high";
  version?: number;
  created_at: string;
  updated_at: string;
  has_description?: boolean;
}

export interface TaskFrame {
  id: string;
  type: "task.created" | "task.updated" | "task.completed" | "task.deleted";
  time: string;
  task_id: string;
  version: number;
  task: Task | null;
}

export interface Ticket {
  ticket: string;
  expires_at: string;
}

export interface ValidationAnswer {
  detail: Array<FieldProblem>;
}
