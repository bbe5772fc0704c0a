"""`POST /api/v1/parse` reads a line and makes nothing; what it answers a new task takes."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.chat_api.people import PREFERENCES, TASKS, User
from tests.support.clock import MovableClock

PARSE = "/api/v1/parse"


@pytest.fixture(autouse=True)
async def in_berlin(anna: User, clock: MovableClock) -> None:
    clock.freeze(datetime(2026, 11, 28, 16, tzinfo=UTC))
    await anna.lives_in("Europe/Berlin")


async def parsed(user: User, text: str, **more: Any) -> dict[str, Any]:
    answer = await user.http.post(PARSE, json={"text": text, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def said(text: str, part: dict[str, Any]) -> list[str]:
    return [text[span["start"] : span["end"]] for span in part["spans"]]


async def test_each_part_is_answered_with_where_it_was_said(anna: User) -> None:
    text = "🎉 pub #friends every friday night until dec 24, remind me 1 hour before !high"
    read = await parsed(anna, text)
    assert (read["title"], read["understood"], read["unread"], read["options"]) == (
        "🎉 pub",
        True,
        [],
        [],
    )
    assert (read["due"]["value"], read["due"]["all_day"]) == ("2026-12-04T20:00", False)
    repeat, reminders = read["repeat"], read["reminders"]
    assert (repeat["value"], repeat["until"]) == ("weekly:FRI", "2026-12-24")
    assert (repeat["words"], reminders["words"]) == (
        "every Friday until 24 December 2026",
        "with a reminder 1 hour before",
    )
    assert said(text, repeat) == ["every friday night", "until dec 24"]
    assert said(text, reminders) == ["remind me 1 hour before"]
    assert (read["tags"][0]["value"], said(text, read["tags"][0])) == ("friends", ["#friends"])
    assert (read["priority"]["value"], said(text, read["priority"])) == ("high", ["!high"])
    assert [text[span["start"] : span["end"]] for span in read["title_spans"]] == ["🎉 pub"]
    assert (await anna.http.get(TASKS)).json() == [], "nothing was made"


async def test_a_new_task_takes_what_is_answered(anna: User) -> None:
    for text in ("call mum on friday at 9, remind me the day before", "tea in 2 hours", "rent every month on the 1st"):
        read = await parsed(anna, text)
        task = await anna.makes(
            read["title"],
            due_date=read["due"]["value"],
            **({"recurrence_pattern": read["repeat"]["value"]} if read["repeat"] else {}),
            **({"reminders": read["reminders"]["values"]} if read["reminders"] else {}),
        )
        assert task["due_at"] is not None
    assert (await parsed(anna, "tea in 2 hours"))["due"]["value"] == "2026-11-28T18:00:00Z"


async def test_what_has_no_reading_is_named_and_dates_nothing(anna: User) -> None:
    read = await parsed(anna, "swim friday and saturday at 10")
    assert (read["title"], read["due"], read["understood"]) == ("swim friday and saturday at 10", None, False)
    (unread,) = read["unread"]
    assert (unread["text"], unread["why"], unread["doubtful"]) == ("friday and saturday at 10", "several days", False)
    assert unread["reason"] == "several_days"
    assert (await parsed(anna, "buy sunday paper"))["unread"][0]["doubtful"] is True
    assert (await parsed(anna, "buy milk and remind me"))["reminder_without_date"] is True
    assert (await parsed(anna, "tomorrow at 5pm"))["title"] == ""


async def test_day_and_month_are_in_the_persons_order(anna: User) -> None:
    read = await parsed(anna, "visit 4/12 10am")
    assert [(option["title"], option["due"]["value"]) for option in read["options"]] == [
        ("visit", "2026-12-04T10:00"),
        ("visit", "2027-04-12T10:00"),
    ]
    assert (await parsed(anna, "visit 4/12", date_order="mdy"))["due"]["value"] == "2027-04-12"
    await anna.http.put(PREFERENCES, json={"timezone": "Europe/Berlin", "date_order": "dmy"})
    assert (await parsed(anna, "visit 4/12"))["due"]["value"] == "2026-12-04"
    late = await parsed(anna, "call mum tomorrow", timezone="Pacific/Auckland")
    assert late["due"]["value"] == "2026-11-30", "there it is Sunday by now"


async def test_kept_words_are_the_titles(anna: User) -> None:
    text = "🎉 gym #fit every friday at 9am, remind me the day before"
    start = text.index("at 9am")
    read = await parsed(anna, text, kept=[{"start": start, "end": start + 6}, {"start": 2, "end": 10}])
    assert (read["title"], read["due"]["all_day"], read["repeat"]["value"]) == (
        "🎉 gym #fit at 9am",
        True,
        "weekly:FRI",
    )
    assert read["tags"] == [], "a tag that is kept is a word of the title"
    whole = await parsed(anna, text, kept=[{"start": 0, "end": len(text)}])
    assert (whole["title"], whole["due"], whole["understood"]) == (text, None, True)


@pytest.mark.parametrize(
    ("text", "title", "tags", "priority"),
    [
        ("#Home buy milk #home #Straße !low", "buy milk", ["Home", "Straße"], "low"),
        ("call !high bob !low", "call bob !low", [], "high"),
        ("fix bug #123 of C# #{x}", "fix bug #123 of C# #{x}", [], None),
        ("הקניות #בית tomorrow", "הקניות", ["בית"], None),
        ("खाना #हिन्दी #👩‍👧, #İ", "खाना", ["हिन्दी", "👩‍👧", "İ"], None),
        ("#" + "x" * 51, "#" + "x" * 51, [], None),
        (" ".join(f"#t{n}" for n in range(22)), "#t20 #t21", [f"t{n}" for n in range(20)], None),
        ("#home !high tomorrow", "", ["home"], "high"),
        ('read "#home alone" #films', 'read "#home alone"', ["films"], None),
    ],
)
async def test_marks_are_taken_out_of_the_title(
    anna: User, text: str, title: str, tags: list[str], priority: str | None
) -> None:
    read = await parsed(anna, text)
    assert (read["title"], [tag["value"] for tag in read["tags"]]) == (title, tags)
    assert (read["priority"] and read["priority"]["value"]) == priority


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "x" * 1001},
        {"text": 5},
        {"text": "a\x00b"},
        {"text": "x", "timezone": "Berlin"},
        {"text": "x", "date_order": "ymd"},
        {"text": "x", "kept": [{"start": 0}]},
        {"text": "x", "kept": [{"start": 0, "end": 1}] * 51},
    ],
)
async def test_what_does_not_validate(anna: User, body: dict[str, Any]) -> None:
    assert (await anna.http.post(PARSE, json=body)).status_code == 422


async def test_nobody_reads_without_signing_in(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.post(PARSE, json={"text": "x"})).status_code == 401
