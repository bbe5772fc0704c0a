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
  sealed: boolean;
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
}

export interface FieldProblem {
  loc: Array<string>;
  msg: string;
  type: string;
}

export interface ValidationAnswer {
  detail: Array<FieldProblem>;
}
