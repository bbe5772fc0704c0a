"""Somebody else's: every route that takes an id, with one of Anna's."""

from typing import Any

from tests.security.attack import COOKIE, NOBODY, Attack

_TASK = "/api/v1/tasks/<anna.task>"
_SERIES = "/api/v1/tasks/<anna.series>"
_TRASHED = "/api/v1/trash/<anna.trashed>"
_REMINDER = "/api/v1/reminders/<anna.reminder>"
_EVIL: tuple[tuple[str, str], ...] = (("origin", "https://evil.example"),)
_TOKEN_OF_ANOTHER: tuple[tuple[str, str], ...] = (("dapr-caller-app-id", "recurring-task-processor"),)


def _on(name: str, method: str, path: str, status: int = 404, code: str | None = None, **more: Any) -> Attack:
    return Attack(name=name, method=method, path=path, status=status, code=code, **more)


def _nothing(query: str) -> Attack:
    """A list in which nothing of Anna's may be, whatever it is asked for."""
    return Attack(
        name=f"list of tasks, {query}", query=query, status=200, check=lambda answer, _: answer.body == b'{"items":[]}'
    )


CASES: tuple[Attack, ...] = (
    _on("read a task", "GET", _TASK, code="TASK_NOT_FOUND"),
    _on("read a task as a head", "HEAD", _TASK, code=None),
    _on("read a task by cookie", "GET", _TASK, code="TASK_NOT_FOUND", by=COOKIE),
    _on("read a task that is known", "GET", _TASK, headers=(("if-none-match", "<anna.etag>"),)),
    _on("read a task that is known, whatever it is", "GET", _TASK, headers=(("if-none-match", "*"),)),
    _on("read a series' task", "GET", _SERIES, code="TASK_NOT_FOUND"),
    _on("change a task", "PATCH", _TASK, code="TASK_UPDATE_ERROR", body={"title": "Mine"}),
    _on("change nothing of a task", "PATCH", _TASK, body={}),
    _on("complete a task", "PATCH", _TASK, code="TASK_UPDATE_ERROR", body={"completed": True}),
    _on("take a task", "PATCH", _TASK, code="TASK_UPDATE_ERROR", body={"user_id": "<mallory.id>"}),
    _on("make a task repeat", "PATCH", _TASK, body={"due_date": "2050-01-01", "recurrence_pattern": "daily"}),
    _on("remind of a task", "PATCH", _TASK, body={"due_date": "2050-01-01", "reminders": ["1 hour"]}),
    _on("change a task if it is known", "PATCH", _TASK, body={"title": "M"}, headers=(("if-match", "<anna.etag>"),)),
    _on("change a task if there is one", "PATCH", _TASK, body={"title": "M"}, headers=(("if-match", "*"),)),
    _on("change a task if it is another", "PATCH", _TASK, body={"title": "M"}, headers=(("if-match", '"x"'),)),
    _on("change a series", "PATCH", _SERIES, query="scope=all", body={"title": "Mine"}),
    _on("change what follows in a series", "PATCH", _SERIES, query="scope=following", body={"title": "Mine"}),
    _on("change one of a series", "PATCH", _SERIES, query="scope=this", body={"title": "Mine"}),
    _on("end a series", "PATCH", _SERIES, query="scope=all", body={"recurrence_pattern": None}),
    _on("tag a task", "PATCH", _TASK, code="TASK_UPDATE_ERROR", body={"tags": ["mine"], "priority": "high"}),
    _on("tag a series", "PATCH", _SERIES, query="scope=all", body={"tags": ["mine"]}),
    _on("replace a task", "PUT", _TASK, code="TASK_UPDATE_ERROR", body={"title": "Mine"}),
    _on("replace a task by cookie", "PUT", _TASK, body={"title": "Mine"}, by=COOKIE),
    _on("replace a series", "PUT", _SERIES, code="TASK_UPDATE_ERROR", body={"recurrence_pattern": "weekly:MON"}),
    _on("delete a task", "DELETE", _TASK, code="TASK_DELETION_ERROR"),
    _on("delete a task by cookie", "DELETE", _TASK, code="TASK_DELETION_ERROR", by=COOKIE),
    _on("delete a series", "DELETE", _SERIES, query="scope=all"),
    _on("delete what follows in a series", "DELETE", _SERIES, query="scope=following"),
    _on("delete one of a series", "DELETE", _SERIES, query="scope=this"),
    _on("delete a task if it is known", "DELETE", _TASK, headers=(("if-match", "<anna.etag>"),)),
    _on("restore a task", "POST", _TRASHED + "/restore", code="TASK_NOT_FOUND"),
    _on("restore a task by cookie", "POST", _TRASHED + "/restore", by=COOKIE),
    _on("restore what went together", "POST", _TRASHED + "/restore", query="scope=all"),
    _on("restore a task that is there", "POST", "/api/v1/trash/<anna.task>/restore"),
    _on("delete a task for good", "DELETE", _TRASHED, code="TASK_NOT_FOUND"),
    _on("delete a task for good by cookie", "DELETE", _TRASHED, by=COOKIE),
    _on("delete a task for good that is there", "DELETE", "/api/v1/trash/<anna.task>"),
    _on("read a deleted task", "GET", "/api/v1/tasks/<anna.trashed>", code="TASK_NOT_FOUND"),
    _on("look into a trash", "GET", "/api/v1/trash", 422, query="user_id=<anna.id>"),
    _on("look into a trash by its words", "GET", "/api/v1/trash", 200, query="q=Annas"),
    _on("go on in a trash", "GET", "/api/v1/trash", 422, query="cursor=<anna.tasks>"),
    _on("empty a trash", "DELETE", "/api/v1/trash", 422, query="user_id=<anna.id>"),
    _on("empty a trash from another site", "DELETE", "/api/v1/trash", 403, "ORIGIN_MISMATCH", by=COOKIE, headers=_EVIL),
    _on("empty a trash by nobody", "DELETE", "/api/v1/trash", 401, by=NOBODY),
    _on("empty one's own trash", "DELETE", "/api/v1/trash", 204, writes=True),
    _on("acknowledge a task", "POST", _TASK + "/acknowledge", code="TASK_NOT_FOUND"),
    _on("acknowledge a series' task", "POST", _SERIES + "/acknowledge", code="TASK_NOT_FOUND"),
    _on("acknowledge a reminder", "POST", _REMINDER + "/acknowledge", code="REMINDER_NOT_FOUND"),
    _on("acknowledge a reminder by cookie", "POST", _REMINDER + "/acknowledge", by=COOKIE),
    _on("snooze a reminder", "POST", _REMINDER + "/snooze", code="REMINDER_NOT_FOUND", body={"minutes": 5}),
    _on("snooze a reminder by cookie", "POST", _REMINDER + "/snooze", body={"minutes": 5}, by=COOKIE),
    _on("end a session", "DELETE", "/api/v1/auth/sessions/<anna.session>", code="SESSION_NOT_FOUND"),
    _on("revoke a personal token", "DELETE", "/api/v1/auth/tokens/<anna.personal>", code="TOKEN_NOT_FOUND"),
    _on("revoke a personal token by cookie", "DELETE", "/api/v1/auth/tokens/<anna.personal>", by=COOKIE),
    _on("end a session by cookie", "DELETE", "/api/v1/auth/sessions/<anna.session>", by=COOKIE),
    _on("a task's id for a reminder's", "POST", "/api/v1/reminders/<anna.task>/acknowledge", code="REMINDER_NOT_FOUND"),
    _on("a reminder's id for a task's", "GET", "/api/v1/tasks/<anna.reminder>", code="TASK_NOT_FOUND"),
    _on("a user's id for a task's", "GET", "/api/v1/tasks/<anna.id>", code="TASK_NOT_FOUND"),
    _on("the history of a task", "GET", "/api/v1/audit/tasks/<anna.task>", code="TASK_NOT_FOUND"),
    _on("the history of a task by cookie", "GET", "/api/v1/audit/tasks/<anna.task>", by=COOKIE),
    _on("the history of a series", "GET", "/api/v1/audit/tasks/<anna.series>", code="TASK_NOT_FOUND"),
    _on("events of a user", "GET", "/api/v1/audit/events", 403, "NOT_ALLOWED", query="user=<anna.id>"),
    _on("events of a user by address", "GET", "/api/v1/audit/events", 403, "NOT_ALLOWED", query="user=<anna.email>"),
    _on("events of a user and a blank", "GET", "/api/v1/audit/events", 403, query="user=<anna.id>%20"),
    _on("events of everybody", "GET", "/api/v1/audit/events", 403, "NOT_ALLOWED", query="user=%25"),
    _on("events of a user named twice", "GET", "/api/v1/audit/events", 403, query="user=<mallory.id>&user=<anna.id>"),
    _on("events of a user named first", "GET", "/api/v1/audit/events", 200, query="user=<anna.id>&user=<mallory.id>"),
    *(
        _on(
            f"events of a user, {more}",
            "GET",
            "/api/v1/audit/events",
            403,
            "NOT_ALLOWED",
            query=f"user=<anna.id>&{more}",
        )
        for more in (
            "about=account",
            "about=tasks",
            "type=audit.read",
            "type=account.signed_in",
            "limit=200",
            "from=2020-01-01T00:00:00Z",
        )
    ),
    *(
        _on(f"events of one's own, {query}", "GET", "/api/v1/audit/events", 200, query=query)
        for query in (
            *(
                "about=account",
                "about=tasks",
                "about=account&type=task.created",
                "about=tasks&type=audit.read",
                "type=audit.read",
            ),
            *(
                "about=account&about=tasks",
                "about=tasks&user=<mallory.id>",
                "from=2050-01-01T00:00:00Z&to=2020-01-01T00:00:00Z",
            ),
            *(
                "correlation_id=%25",
                "about=null",
                "from=-1",
                "to=2050-01-01T00:00:00",
                "user=<mallory.id>&about=account&limit=200",
            ),
        )
    ),
    _on("events about accounts by nobody", "GET", "/api/v1/audit/events", 401, query="about=account", by=NOBODY),
    _on(
        "a cursor of her events, about accounts",
        "GET",
        "/api/v1/audit/events",
        422,
        query="about=account&cursor=<anna.events>",
    ),
    _on("events of a user, as user_id", "GET", "/api/v1/audit/events", 422, query="user_id=<anna.id>"),
    _on(
        "talk in a conversation",
        "POST",
        "/api/v1/chat",
        body={"message": "list", "conversation_id": "<anna.conversation>"},
    ),
    _on(
        "talk in a conversation on the older route",
        "POST",
        "/api/<mallory.id>/chat",
        body={"message": "list", "conversation_id": "<anna.conversation>"},
    ),
    _on("talk as a user", "POST", "/api/<anna.id>/chat", 403, body={"message": "list my tasks"}),
    _on(
        "talk as a user in a conversation of one's own",
        "POST",
        "/api/<anna.id>/chat",
        403,
        body={"message": "list", "conversation_id": "<mallory.conversation>"},
    ),
    _on("talk as a user by cookie", "POST", "/api/<anna.id>/chat", 403, by=COOKIE, body={"message": "list"}),
    Attack(
        name="complete a task by its id in the chat",
        method="POST",
        path="/api/v1/chat",
        body={"message": "complete <anna.task>"},
        status=200,
        writes=True,
    ),
    Attack(
        name="delete a task by its title in the chat",
        method="POST",
        path="/api/v1/chat",
        body={"message": "delete Annas-own-words 0"},
        status=200,
        writes=True,
        check=lambda answer, _: b'"status":"success"' in answer.body,
    ),
    _nothing("series=<anna.series>"),
    _nothing("series=<anna.task>"),
    _nothing("q=own-words"),
    _nothing("tag=annas-own-words"),
    _nothing("tag=annas-own-words&priority=none"),
    _nothing("q=%23annas-own-words"),
    Attack(
        name="tags of another",
        path="/api/v1/tags",
        query="begins=annas",
        status=200,
        check=lambda answer, _: answer.body == b'{"items":[],"total":0}',
    ),
    _on("tags with her id in the query", "GET", "/api/v1/tags", 422, query="user_id=<anna.id>"),
    _on("a cursor of her tasks", "GET", "/api/v1/tasks", 200, query="limit=1&cursor=<anna.tasks>"),
    _on("a cursor of her events", "GET", "/api/v1/audit/events", 422, query="limit=3&cursor=<anna.events>"),
    _on("preferences with her id in the query", "GET", "/api/v1/me/preferences", 422, query="user_id=<anna.id>"),
    _on("make occurrences", "POST", "/internal/occurrences", 404, body={"series_ids": ["<anna.series>"]}),
    _on(
        "make occurrences as the processor",
        "POST",
        "/internal/occurrences",
        404,
        body={"series_ids": ["<anna.series>"]},
        headers=_TOKEN_OF_ANOTHER,
    ),
    _on(
        "read her trail", "POST", "/internal/trail", 404, body={"user_id": "<anna.id>", "until": "2030-01-01T00:00:00Z"}
    ),
    _on(
        "read her trail as chat-api",
        "POST",
        "/internal/trail",
        404,
        body={"user_id": "<anna.id>", "until": "2030-01-01T00:00:00Z"},
        headers=(("dapr-caller-app-id", "chat-api"), ("dapr-api-token", "x" * 32)),
    ),
    Attack(
        name="her stream, by an id in the query",
        path="/api/v1/notifications/stream",
        query="user_id=<anna.id>",
        status=422,
    ),
    Attack(name="who I am, with her id in the query", path="/api/v1/auth/me", query="user_id=<anna.id>", status=200),
    Attack(
        name="who I am, with her id as a header",
        path="/api/v1/auth/me",
        headers=(("x-user-id", "<anna.id>"),),
        status=200,
    ),
)
