// Why the server refuses what it is asked, in English: loaded when it first does.

/** @import { FieldProblem, UnreadWords } from "../../../types/chat-api.js" */

/** @typedef {Record<string, string | number>} Params What an answer says beside its code. */
/** @typedef {string | ((params: Params) => string)} Sentence */

const ended = "Your session has ended. Log in again to go on.";
const forPrograms = "This is meant for programs alone.";
const unreadable = "What this page sent could not be read. Load it again.";
const tooLong = "This is too long.";
const away = "TaskFlow cannot be reached just now. Try again in a moment.";
const busy = "TaskFlow has too much to do just now. Try again in a moment.";
const noTask = "This task is no longer there.";
const underWay = "The same change is still under way. Try again in a moment.";
const changed = "It has been changed in the meantime.";

export const refusals = {
  /** By the status of an answer that says no more: it may be of something between this page and the server. */
  statuses: new Map([
    [403, "This is not yours to change."],
    [404, "It is no longer there."],
    [408, "The server did not get all of this in time. Try again."],
    [409, underWay],
    [412, changed],
    [413, tooLong],
    [414, tooLong],
    [431, unreadable],
    [502, away],
    [503, away],
    [504, away],
  ]),
  /** Of a status that has no sentence. */
  notTaken: (/** @type {number} */ status) => `The server did not take this (${status}).`,
  /** By the server's code: what a person is told rather than what a program is. Of others the server's words are shown. */
  codes: new Map(
    /** @type {[string, Sentence][]} */ ([
      ["MISSING_AUTH_HEADER", ended],
      ["INVALID_AUTH_FORMAT", ended],
      ["INVALID_TOKEN", ({ reason }) => (reason === "account" ? "This account is disabled or gone." : ended)],
      ["TOKEN_EXPIRED", ended],
      ["INVALID_SIGNATURE", ended],
      ["NO_REFRESH_TOKEN", ended],
      ["INVALID_REFRESH_TOKEN", ended],
      ["INVALID_TICKET", ended],
      [
        "SIGNUP_ERROR",
        ({ reason }) =>
          reason === "malformed"
            ? "That is no e-mail address."
            : "There is an account with this e-mail address already.",
      ],
      ["INVALID_CREDENTIALS", "Email or password is incorrect."],
      ["WRONG_PASSWORD", "That is not the password of your account."],
      ["EMAIL_TAKEN", "Another account has this e-mail address."],
      ["INVALID_LINK", "The link is unknown or used, or its time is over; ask for another one."],
      ["NO_MAIL", "This installation sends no mail; ask whoever runs it for the link."],
      ["SIGN_UP_CLOSED", "Nobody can sign up here by themselves; ask whoever runs this installation."],
      [
        "INVITATION_NEEDED",
        "To sign up here takes an invitation for your address, each of which counts once and in time.",
      ],
      [
        "TASK_CREATION_ERROR",
        ({ reason }) =>
          reason === "title" ? "Give the task a title." : "This account no longer exists. Log in with another one.",
      ],
      ["TASK_UPDATE_ERROR", ({ reason }) => (reason === "title" ? "Give the task a title." : noTask)],
      ["TASK_DELETION_ERROR", noTask],
      ["TASK_NOT_FOUND", noTask],
      ["REMINDER_NOT_FOUND", "This reminder is no longer there."],
      [
        "REMINDER_STATE",
        ({ reason }) =>
          reason === "acknowledged"
            ? "You have seen this reminder already."
            : "The task of this reminder was completed, deleted or moved.",
      ],
      ["TOKEN_NOT_FOUND", "This access key is no longer there."],
      ["SESSION_NOT_FOUND", "This session is no longer there."],
      ["NOT_ALLOWED", "Only administrators may do this."],
      ["NOT_FOR_TOKENS", forPrograms],
      ["SCOPE_MISSING", forPrograms],
      ["API_TOKEN_REQUIRED", forPrograms],
      ["CALLER_NOT_ALLOWED", forPrograms],
      ["ORIGIN_MISMATCH", "TaskFlow is not meant to be used at this address. Ask whoever runs it for the right one."],
      ["HOST_NOT_SERVED", "TaskFlow is not meant to be used at this address. Ask whoever runs it for the right one."],
      ["PRECONDITION_FAILED", changed],
      ["IDEMPOTENCY_KEY_IN_USE", underWay],
      [
        "TOO_MANY_TASKS",
        ({ most }) => `You have as many tasks as one may have, ${most}; delete some that you no longer need.`,
      ],
      [
        "TOO_MANY_TOKENS",
        ({ most }) => `You have as many access keys as one may have, ${most}; revoke some that you do not need.`,
      ],
      ["TOO_MANY_KEPT_ANSWERS", "You have made as much in a day as one may. Try again tomorrow."],
      ["TOO_MANY_ATTEMPTS", "Logging in has failed too often."],
      ["TOO_MANY_SIGN_UPS", "Too many accounts are being made."],
      ["TOO_MANY_MAILS", "Too many mails were asked for."],
      ["TOO_MANY_STREAMS", "Too many pages follow your tasks at once."],
      ["TOO_MANY_EXPORTS", "Too many downloads of this kind are running."],
      ["SIGN_IN_BUSY", "Too many people are logging in just now."],
      ["MALFORMED_REQUEST", unreadable],
      ["UNSUPPORTED_MEDIA_TYPE", unreadable],
      ["HEADER_TOO_LARGE", unreadable],
      ["REQUEST_TIMEOUT", "It took too long to reach TaskFlow. Try again in a moment."],
      ["BODY_TOO_LARGE", tooLong],
      ["SERVICE_UNAVAILABLE", "TaskFlow is not ready just now. Nothing was done; try again in a moment."],
      ["TOO_MANY_CONNECTIONS", busy],
      ["STOPPING", "TaskFlow is starting anew. Try again in a moment."],
      ["INTERNAL_ERROR", "Something is wrong on our side. Nothing you entered was at fault; please try again."],
    ]),
  ),
  /**
   * Why a value is refused, by the server's code. Where nothing is said here, or "", the server's words are shown.
   *
   * @type {Record<NonNullable<FieldProblem["code"]>, Sentence>}
   */
  values: {
    MISSING: "This is needed.",
    TOO_SHORT: ({ least }) => `Enter at least ${least === "1" ? "1 character" : `${least} characters`}.`,
    TOO_LONG: ({ most }) => `This is too long: at most ${most} characters.`,
    TOO_MANY: ({ most }) => `These are too many: at most ${most}.`,
    BLANK: "Enter a word.",
    CONTROL_CHARACTERS: "This holds characters that cannot be seen. Type it anew.",
    INVALID_VALUE: "",
    MALFORMED: unreadable,
    UNKNOWN_PARAMETER: unreadable,
    OUT_OF_RANGE: "This lies too far away.",
    NOT_AN_ADDRESS: "Enter an e-mail address, like ada@example.com.",
    PASSWORD_TOO_LONG: ({ most }) => `This is too long: at most ${most} bytes, in plain letters as many characters.`,
    PASSWORD_COMMON: "This is one of the most common passwords, which are tried first. Choose another one.",
    NOT_A_DATE: "There is no such date or time.",
    YEAR_OUT_OF_RANGE: ({ first, last }) => `The year must lie between ${first} and ${last}.`,
    UNKNOWN_TIME_ZONE: "There is no such time zone.",
    NEEDS_TIME_ZONE: "A task with a due date keeps a time zone.",
    NEEDS_DUE_DATE: "This needs a due date.",
    NEEDS_REPEAT: "This is for a task that repeats.",
    INVALID_REPEAT: "",
    END_BEFORE_START: "The repeat would end before its first date. Choose a later day.",
    TOO_MANY_OCCURRENCES: ({ most }) => `More than ${most} dates that are past would be made. Begin later.`,
    NOT_A_REMINDER: "This is no length of time before the due date.",
    REMINDER_TOO_EARLY: ({ most }) => `A reminder comes at most ${most} days before.`,
    SNOOZE_OUT_OF_RANGE: ({ most }) => `Choose a time ahead, within ${most} days.`,
    ONE_OF_TWO: "Give one of the two.",
    INVALID_CURSOR: "This list has changed. Open it again.",
    INVALID_KEY: unreadable,
    KEY_USED_OTHERWISE: underWay,
  },
  /** What fields are called that an answer names, where the form has no place for it. */
  fields: new Map([
    ["title", "Title"],
    ["description", "Description"],
    ["due_date", "Due date"],
    ["recurrence_pattern", "Repeat"],
    ["recurrence_end_date", "Repeat until"],
    ["recurrence_timezone", "Time zone"],
    ["reminders", "Reminders"],
    ["tags", "Tags"],
    ["priority", "Priority"],
    ["timezone", "Time zone"],
    ["email", "E-mail"],
    ["password", "Password"],
    ["message", "Message"],
    ["text", "Text"],
    ["name", "Name"],
    ["until", "Until"],
    ["q", "Search"],
    ["tag", "Tag"],
  ]),
  /**
   * Why words about time have no reading.
   *
   * @type {Record<UnreadWords["reason"], string>}
   */
  why: {
    other_zone: "a time of another zone",
    two_times: "two times of day",
    several_days: "several days",
    no_such_time: "no such time",
    no_such_day: "no such day",
    other_weekday: "the weekday is another one on that date",
    past: "that is over",
    too_late: "beyond the year 2199",
    two_meanings: "this word means two things",
    too_often: "a task repeats at most once a day",
    no_such_interval: "no such interval",
    no_number: "no number",
    no_day: "which day?",
    no_unit: "minutes, hours or days?",
    unknown_day: "a day whose date is not known here",
    several_times: "which days?",
    before_or_after: "not a day or time itself",
    day_or_month: "the day or the month first?",
    no_exact_day: "no exact day",
    no_exact_time: "no exact time",
    half_hour: "half to or half past?",
    not_in_part: "no time of that part of the day",
    two_parts: "two parts of the day",
    between_days: "a time between two days",
    except_date: "a repeat without one of its dates",
    repeat_without_days: "a repeat without some of its days",
    several_repeats: "several repeats",
    several_starts: "several starts",
    several_ends: "several ends",
    start_alone: "a start without a repeat",
    end_alone: "an end without a repeat",
    limit_alone: "a limit without a repeat",
    day_not_in_repeat: "the repeat has no such day",
    end_before_start: "the end lies before the start",
    reminder_too_early: "a reminder comes at most a year before, in days or hours",
    too_many_reminders: "more than ten reminders",
    reminder_time: "a reminder at which time?",
    reminder_after_due: "a reminder after the task is due",
    doubtful: "it may belong to the title",
    more_beside: "there is more about time beside it",
    belongs_where: "not sure what belongs together",
  },
};
