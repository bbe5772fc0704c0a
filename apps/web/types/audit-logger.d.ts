// Written by `make typedefs` from the OpenAPI document of audit-logger: not to be edited.

export interface AuditItem {
  event_id: string;
  type: string;
  occurred_at: string;
  observed_at?: string;
  recorded_at: string;
  task_id: string | null;
  user_id: string;
  actor_id: string;
  version: number;
  correlation_id: string;
  checkpointed: boolean;
  data: Record<string, unknown>;
  content?: "erased" | "unreadable";
}

export interface AuditList {
  items: Array<AuditItem>;
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

export interface FieldProblem {
  loc: Array<string>;
  msg: string;
  type: string;
  code?: "MISSING" | "TOO_SHORT" | "TOO_LONG" | "TOO_MANY" | "BLANK" | "CONTROL_CHARACTERS" | "INVALID_VALUE" | "MALFORMED" | "UNKNOWN_PARAMETER" | "OUT_OF_RANGE" | "NOT_AN_ADDRESS" | "PASSWORD_TOO_LONG" | "PASSWORD_COMMON" | "NOT_A_DATE" | "YEAR_OUT_OF_RANGE" | "UNKNOWN_TIME_ZONE" | "NEEDS_TIME_ZONE" | "NEEDS_DUE_DATE" | "NEEDS_REPEAT" | "INVALID_REPEAT" | "END_BEFORE_START" | "TOO_MANY_OCCURRENCES" | "NOT_A_REMINDER" | "REMINDER_TOO_EARLY" | "SNOOZE_OUT_OF_RANGE" | "ONE_OF_TWO" | "INVALID_CURSOR" | "INVALID_KEY" | "KEY_USED_OTHERWISE" | null;
  params?: Record<string, string | number>;
}

export interface ValidationAnswer {
  detail: Array<FieldProblem>;
}
