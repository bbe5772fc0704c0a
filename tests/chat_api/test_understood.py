"""What a client sends and we do not read is said; and what means the same is the same."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.chat_api.people import PREFERENCES, TASKS, User
from tests.support.clock import MovableClock

IGNORED = "taskflow-ignored"


async def test_a_misspelt_parameter_of_phase_ivs_list_is_named_in_a_header(anna: User) -> None:
    await anna.makes()
    answer = await anna.http.get(TASKS, params={"complted": "true", "foo": "1"})
    assert (answer.status_code, len(answer.json()), answer.headers[IGNORED]) == (200, 1, "complted, foo")
    answer = await anna.http.get(TASKS, params={"completed": "false"})
    assert IGNORED not in answer.headers


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (f"{PREFERENCES}?tmezone=x", ""),
        ("/api/v1/recurrence/preview?pattern=daily&timezon=UTC", "timezone"),
        ("/api/v1/recurrence/preview?patern=daily", "pattern"),
        ("/api/v1/tags?begin=h", "begins"),
    ],
)
async def test_a_misspelt_parameter_of_a_new_route_is_refused(anna: User, path: str, hint: str) -> None:
    answer = await anna.http.get(path)
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"][0] == "query"
    assert hint in problem["msg"]


async def test_unknown_fields_of_a_body_are_named(anna: User) -> None:
    answer = await anna.http.post(TASKS, json={"title": "A", "urgency": "high", "titel": "B", "ü\n": 1})
    assert (answer.status_code, answer.headers[IGNORED]) == (201, "titel, urgency, %C3%BC%0A")
    url = f"{TASKS}/{answer.json()['id']}"
    for method in ("PUT", "PATCH"):
        changed = await anna.http.request(method, url, json={"title": "C", "due": "tomorrow"})
        assert (changed.status_code, changed.headers[IGNORED]) == (200, "due")
    answer = await anna.http.post(f"/api/{anna.id}/chat", json={"message": "hello", "mood": "good"})
    assert answer.headers[IGNORED] == "mood"
    assert IGNORED not in (await anna.http.patch(url, json={"title": "D"})).headers


async def test_json_by_another_name_and_what_is_no_json(client: httpx.AsyncClient) -> None:
    for content_type in ("application/json", "application/vnd.api+json; charset=utf-8", "APPLICATION/JSON", ""):
        answer = await client.post(TASKS, content=b'{"title": "A"}', headers={"Content-Type": content_type})
        assert answer.status_code == 201, content_type
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", "json", "text/json"):
        for method, path in (("POST", TASKS), ("POST", "/api/v1/chat"), ("PUT", PREFERENCES)):
            answer = await client.request(
                method, path, content=b'{"title": "A"}', headers={"Content-Type": content_type}
            )
            assert answer.status_code == 422, (content_type, path)
            assert {"loc", "msg", "type"} <= set(answer.json()["detail"][0])


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_body_that_need_not_be_there_is_json_too(
    visitor: httpx.AsyncClient, anna: User, content_type: str
) -> None:
    """Nobody is signed in, by a page of another site at that, by a form."""
    for body in (b'{"refresh_token": "x"}', b"refresh_token=x"):
        answer = await visitor.post("/api/v1/auth/refresh", content=body, headers={"Content-Type": content_type})
        assert answer.status_code == 422, body
    answer = await visitor.post("/api/v1/auth/refresh", headers={"Content-Type": content_type})
    assert answer.status_code == 401
    everywhere = b'{"everywhere": true}'
    headers = {"Content-Type": content_type}
    assert (await anna.http.post("/api/v1/auth/logout", content=everywhere, headers=headers)).status_code == 422
    assert (await anna.http.get("/api/v1/auth/me")).status_code == 200


async def test_another_charset_than_utf_8_is_said(client: httpx.AsyncClient) -> None:
    async def status(charset: str, body: bytes) -> int:
        headers = {"Content-Type": f"application/json; charset={charset}"}
        return (await client.post(TASKS, content=body, headers=headers)).status_code

    assert await status("utf-8", '{"title": "Café"}'.encode()) == 201
    assert await status('"UTF8"', '{"title": "Café"}'.encode()) == 201
    assert await status("iso-8859-1", b'{"title": "Cafe"}') == 201, "the same in either"
    assert await status("iso-8859-1", '{"title": "Café"}'.encode()) == 422
    assert await status("utf-16", '{"title": "Café"}'.encode("utf-16")) == 422


async def test_an_offset_whose_plus_was_lost_is_explained(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{TASKS}?due_before=2027-03-12T09:00:00+02:00")
    assert answer.status_code == 422
    assert "%2B" in answer.json()["detail"][0]["msg"]
    assert (await client.get(f"{TASKS}?due_before=2027-03-12T09:00:00%2B02:00")).status_code == 200


async def test_the_same_json_is_the_same_request(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    bodies = [b'{"title": "A", "description": "\xc3\xa9"}', b'{ "description":"\\u00e9",\n"title":"A" }']
    answers = [await client.post(TASKS, content=body, headers=headers) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    other = await client.post(TASKS, content=b'{"title": "B"}', headers=headers)
    assert other.status_code == 422


async def test_the_etag_of_a_412_is_the_one_that_get_gives(anna: User) -> None:
    task = await anna.makes(due_date="2027-03-12T09:00:00Z", reminders=["1 hr"], recurrence_pattern="daily")
    for method in ("PATCH", "PUT", "DELETE"):
        body = None if method == "DELETE" else {"title": "B"}
        refused = await anna.http.request(method, f"{TASKS}/{task['id']}", json=body, headers={"If-Match": '"old"'})
        assert refused.status_code == 412
        assert refused.headers["etag"] == (await anna.http.get(f"{TASKS}/{task['id']}")).headers["etag"]


async def test_taking_the_due_date_away_and_repeating_is_a_conflict(anna: User) -> None:
    task = await anna.makes(due_date="2027-03-12")
    for field, value in (
        ("recurrence_pattern", "daily"),
        ("reminders", ["1 day"]),
        ("reminder_offset", "1 day"),
        ("recurrence_end_date", "2027-04-01"),
    ):
        answer = await anna.http.patch(f"{TASKS}/{task['id']}", json={"due_date": None, field: value})
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", field])
    assert (await anna.sees(task["id"]))["due_date"] == "2027-03-12"
    assert (await anna.changes(task["id"], due_date=None, reminders=[], recurrence_pattern=None))["due_date"] is None


FOUND = [
    ("Cafe\u0301 besuchen", "café"),
    ("Café besuchen", "CAFE\u0301"),
    ("Straße fegen", "STRASSE"),
    ("STRASSE fegen", "straße"),
    ("Ο φίλος μου: Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"),
    ("ΟΔΥΣΣΕΎΣ", "οδυσσεύς"),
    ("ﬁle the papers", "file"),
    ("ＦＵＬＬ width", "full"),
    ("50% off_now", "% OFF_"),
]  # fmt: skip


async def test_words_are_found_however_they_are_written(anna: User, subtests: pytest.Subtests) -> None:
    for title, query in FOUND:
        task = await anna.makes(title)
        with subtests.test(title=title, query=query):
            found = (await anna.http.get(TASKS, params={"q": query})).json()["items"]
            assert task["id"] in [item["id"] for item in found]
            said = (await anna.http.post("/api/v1/chat", json={"message": f"find {query}"})).json()["response"]
            assert title in said
    assert (await anna.http.get(TASKS, params={"q": "cafeteria"})).json()["items"] == []


async def test_a_whole_day_belongs_to_its_own_day(anna: User, clock: MovableClock) -> None:
    clock.freeze(datetime(2026, 11, 28, 12, tzinfo=UTC))
    await anna.lives_in("Europe/Berlin")
    await anna.makes("Berlin's day", due_date="2026-12-10")
    await anna.lives_in("America/New_York")

    async def listed(**params: Any) -> bool:
        return bool((await anna.http.get(TASKS, params=params)).json()["items"])

    assert not await listed(due_before="2026-12-10")
    assert await listed(due_before="2026-12-11")
    assert await listed(due_after="2026-12-09")
    assert not await listed(due_after="2026-12-10")
    assert await listed(due_before="2026-12-10T12:00:00-05:00"), "its day has begun by then"
    assert not await listed(due_before="2026-12-10T00:00:00-05:00")


async def test_a_time_is_shown_with_the_zone_of_its_own_day(anna: User, clock: MovableClock) -> None:
    clock.freeze(datetime(2027, 1, 15, 12, tzinfo=UTC))
    await anna.lives_in("America/New_York")
    await anna.makes("Summer", due_date="2027-07-01T09:00:00")
    said = (await anna.http.post("/api/v1/chat", json={"message": "show my tasks"})).json()["response"]
    answer = (await anna.http.post("/api/v1/chat", json={"message": "add walk on 1 July 2027 at 9:00"})).json()
    assert "EST" not in said + answer["response"]
    assert "EDT" in said + answer["response"]
