// Written by `make typedefs` from the OpenAPI document of chat-api: not to be edited.

export interface Account {
  id: string;
  email: string;
  created_at: string;
}

export interface AccountDeletion {
  /** The account's password, to confirm who asks */
  password: string;
}

export interface Acknowledgement {
  message: string;
  status: string;
}

export interface AskedReset {
  email: string;
}

export interface ChangedTask {
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
  rrule?: string | null;
  recurrence_mode?: "fixed" | "after_completion" | null;
  catch_up?: "latest" | "all" | null;
  reminder_status?: Array<ReminderStatus>;
  next_kept?: NextKept;
}

export interface ChatAnswer {
  conversation_id: string;
  response: string;
  tool_calls: Array<string>;
  status: string;
  understood?: boolean;
  unread?: Array<string>;
}

export interface ChatRequest {
  message: string;
  conversation_id?: string | null;
}

export interface Credentials {
  email: string;
  password: string;
  /** true: have the refresh token in the answer, for programs that keep no cookies */
  refresh_token?: unknown;
}

export interface DeletedTask {
  task: Task;
  deleted_at: string;
  kept_until: string;
  together: number;
}

export interface DueSaid {
  value: string;
  all_day: boolean;
  spans: Array<Stretch>;
}

export interface EmailAsked {
  message: string;
  status: string;
  mailed: boolean;
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

export interface Healthy {
  status: string;
  version: string;
  environment: string;
}

export interface NewAccount {
  email: string;
  password: string;
  /** true: have the refresh token in the answer, for programs that keep no cookies */
  refresh_token?: unknown;
  /** Where TASKFLOW_SIGNUP is `invite`: what was given to you */
  invitation?: unknown;
}

export interface NewEmail {
  /** The account's password, to confirm who asks */
  password: string;
  email: string;
}

export interface NewPassword {
  /** The account's password, to confirm who asks */
  current: string;
  new: string;
}

export interface NewTask {
  /** Trimmed; not empty */
  title: string;
  /** Trimmed; empty means none */
  description?: string | null;
  /** A time (RFC 3339; without an offset it is in the task's zone, else the user's, else UTC) or a date, which means all day */
  due_date?: string | null;
  /** `daily`, `weekly:MON,WED`, `monthly:15`, `custom:3d` or `RRULE:…` (RFC 5545, daily or slower) */
  recurrence_pattern?: string | null;
  recurrence_end_date?: string | null;
  /** An IANA name */
  recurrence_timezone?: string | null;
  recurrence_mode?: "fixed" | "after_completion" | null;
  catch_up?: "latest" | "all" | null;
  reminders?: Array<string> | null;
  /** Shorthand for one reminder */
  reminder_offset?: string | null;
  /** Up to 20 of up to 50 characters, in their order; compared without case, repetitions and a # in front are left out */
  tags?: Array<string> | null;
  priority?: "none" | "low" | "medium" | "high" | null;
}

export interface NewToken {
  /** The account's password, to confirm who asks */
  password: string;
  /** What it is for, in your words */
  name: string;
  scopes: Array<"tasks:read" | "tasks:write" | "stream" | "audit:read">;
  expires_in_days?: number;
}

export interface NextKept {
  id: string;
  due_date: string | null;
  completed: boolean;
  message: string;
}

export interface Occurrence {
  due_date: string;
  occurrence_date: string;
}

export interface Parsed {
  title: string;
  title_spans: Array<Stretch>;
  due: DueSaid | null;
  repeat: RepeatSaid | null;
  reminders: RemindersSaid | null;
  tags: Array<TagSaid>;
  priority: PrioritySaid | null;
  understood: boolean;
  unread: Array<UnreadWords>;
  options: Array<Possibility>;
  reminder_without_date: boolean;
}

export interface PasswordChanged {
  message: string;
  status: string;
  token?: string;
}

export interface PlainAnswer {
  detail: string;
}

export interface Possibility {
  title: string;
  due: DueSaid | null;
  repeat: RepeatSaid | null;
  reminders: RemindersSaid | null;
}

export interface Preferences {
  /** An IANA name */
  timezone?: string;
  notifications?: "all" | "reminders" | "none" | Array<"task.created" | "task.updated" | "task.completed" | "task.deleted" | "task.reminder.triggered">;
  /** How they write 4/12: day first, month first; null: ask. Kept where it is left out */
  date_order?: "dmy" | "mdy" | null;
}

export interface Preview {
  items: Array<Occurrence>;
  rrule: string;
}

export interface PrioritySaid {
  value: "none" | "low" | "medium" | "high";
  spans: Array<Stretch>;
}

export interface Refreshed {
  token: string;
  message: string;
  refresh_token?: string;
}

export interface ReminderStatus {
  id: string | null;
  offset: string;
  status: "pending" | "sent" | "acknowledged" | "cancelled";
  scheduled_at: string;
  snoozed_until?: string | null;
  fired_at?: string | null;
  acknowledged_at?: string | null;
  cancelled_at?: string | null;
}

export interface RemindersSaid {
  values: Array<string>;
  words: string;
  spans: Array<Stretch>;
}

export interface RepeatSaid {
  value: string;
  until: string | null;
  words: string;
  spans: Array<Stretch>;
}

export interface ResetPassword {
  link: string;
  password: string;
}

export interface Sentence {
  text: string;
  /** An IANA name */
  timezone?: string | null;
  /** Whether 4/12 is in December; default: the user's */
  date_order?: "dmy" | "mdy" | null;
  /** Words here are the title's, and are not read */
  kept?: Array<Stretch>;
}

export interface SessionList {
  items: Array<SessionView>;
}

export interface SessionView {
  id: string;
  device: string | null;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  current: boolean;
}

export interface ShownLink {
  link: string;
}

export interface ShownToken {
  id: string;
  name: string;
  scopes: Array<"tasks:read" | "tasks:write" | "stream" | "audit:read">;
  created_at: string;
  expires_at: string;
  token: string;
}

export interface SignedIn {
  user: Account;
  token: string;
  message: string;
  refresh_token?: string;
}

export interface Stretch {
  start: number;
  end: number;
}

export interface TagCount {
  tag: string;
  open: number;
  tasks: number;
}

export interface TagList {
  items: Array<TagCount>;
  total: number;
}

export interface TagSaid {
  value: string;
  spans: Array<Stretch>;
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

export interface TaskList {
  items: Array<TaskView>;
}

export interface TaskPatch {
  /** Trimmed; not empty */
  title?: string;
  /** Trimmed; empty means none */
  description?: string | null;
  completed?: boolean;
  /** A time (RFC 3339; without an offset it is in the task's zone, else the user's, else UTC) or a date, which means all day */
  due_date?: string | null;
  /** `daily`, `weekly:MON,WED`, `monthly:15`, `custom:3d` or `RRULE:…` (RFC 5545, daily or slower) */
  recurrence_pattern?: string | null;
  recurrence_end_date?: string | null;
  /** An IANA name */
  recurrence_timezone?: string | null;
  recurrence_mode?: "fixed" | "after_completion";
  catch_up?: "latest" | "all";
  reminders?: Array<string> | null;
  /** How long before the due time: `1 day`, `2 hours`, `PT30M`. Days are calendar days, hours exact; an all-day task's count from 09:00 */
  reminder_offset?: string | null;
  /** Up to 20 of up to 50 characters, in their order; compared without case, repetitions and a # in front are left out */
  tags?: Array<string> | null;
  priority?: "none" | "low" | "medium" | "high" | null;
}

export interface TaskPut {
  /** Trimmed; not empty */
  title?: string | null;
  /** Trimmed; empty means none */
  description?: string | null;
  /** true or false; also 1, 0 and the words yes, no, on, off, t, f, y, n */
  completed?: boolean | number | string | null;
  /** A time (RFC 3339; without an offset it is in the task's zone, else the user's, else UTC) or a date, which means all day */
  due_date?: string | null;
  /** `daily`, `weekly:MON,WED`, `monthly:15`, `custom:3d` or `RRULE:…` (RFC 5545, daily or slower) */
  recurrence_pattern?: string | null;
  recurrence_end_date?: string | null;
  /** An IANA name */
  recurrence_timezone?: string | null;
  recurrence_mode?: "fixed" | "after_completion" | null;
  catch_up?: "latest" | "all" | null;
  reminders?: Array<string> | null;
  /** How long before the due time: `1 day`, `2 hours`, `PT30M`. Days are calendar days, hours exact; an all-day task's count from 09:00 */
  reminder_offset?: string | null;
  /** Up to 20 of up to 50 characters, in their order; compared without case, repetitions and a # in front are left out */
  tags?: Array<string> | null;
  priority?: "none" | "low" | "medium" | "high" | null;
}

export interface TaskView {
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
  rrule?: string | null;
  recurrence_mode?: "fixed" | "after_completion" | null;
  catch_up?: "latest" | "all" | null;
  reminder_status?: Array<ReminderStatus>;
}

export interface TokenList {
  items: Array<TokenView>;
}

export interface TokenView {
  id: string;
  name: string;
  scopes: Array<"tasks:read" | "tasks:write" | "stream" | "audit:read">;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
}

export interface Trash {
  items: Array<DeletedTask>;
}

export interface UnreadWords {
  text: string;
  why: string;
  reason: "other_zone" | "two_times" | "several_days" | "no_such_time" | "no_such_day" | "other_weekday" | "past" | "too_late" | "two_meanings" | "too_often" | "no_such_interval" | "no_number" | "no_day" | "no_unit" | "unknown_day" | "several_times" | "before_or_after" | "day_or_month" | "no_exact_day" | "no_exact_time" | "half_hour" | "not_in_part" | "two_parts" | "between_days" | "except_date" | "repeat_without_days" | "several_repeats" | "several_starts" | "several_ends" | "start_alone" | "end_alone" | "limit_alone" | "day_not_in_repeat" | "end_before_start" | "reminder_too_early" | "too_many_reminders" | "reminder_time" | "reminder_after_due" | "doubtful" | "more_beside" | "belongs_where";
  doubtful: boolean;
  spans: Array<Stretch>;
}

export interface ValidationAnswer {
  detail: Array<FieldProblem>;
}
