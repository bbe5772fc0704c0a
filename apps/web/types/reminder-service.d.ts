// Written by `make typedefs` from the OpenAPI document of reminder-service: not to be edited.

export interface ErrorAnswer {
  detail: ErrorBody;
}

export interface ErrorBody {
  error: string;
  code: string;
  message: string;
}

export interface FieldProblem {
  loc: Array<string>;
  msg: string;
  type: string;
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
