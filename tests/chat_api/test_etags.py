"""ETag and If-Match: nobody overwrites what they have not seen, Phase IV's changes included."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from taskflow_core.database.pool import Database
from tests.chat_api.people import TASKS, User
from tests.support.clock import MovableClock
from tests.support.phase_iv import release_on


async def etag(user: User, task_id: str) -> str:
    return (await user.http.get(f"{TASKS}/{task_id}")).headers["etag"]


async def test_every_answer_with_a_task_has_it(anna: User) -> None:
    made = await anna.http.post(TASKS, json={"title": "A"})
    url = f"{TASKS}/{made.json()['id']}"
    assert made.headers["etag"] == (await anna.http.get(url)).headers["etag"]
    for method, path, body in (("PUT", url, {"title": "B"}), ("PATCH", url, {}), ("POST", f"{url}/acknowledge", None)):
        answer = await anna.http.request(method, path, json=body)
        assert answer.headers["etag"] == (await anna.http.get(url)).headers["etag"]


async def test_it_changes_with_the_content_and_only_then(anna: User, clock: MovableClock) -> None:
    task = await anna.makes(due_date="2027-03-01", recurrence_pattern="daily", reminders=["1 day"])
    seen = {await etag(anna, task["id"])}
    changes: list[dict[str, Any]] = [
        {"title": "B"},
        {"description": "d"},
        {"completed": True},
        {"due_date": "2027-03-02"},
        {"reminders": ["2 days"]},
        {"recurrence_end_date": "2027-12-31"},
        {"recurrence_mode": "after_completion"},
    ]
    for n, change in enumerate(changes, 2):
        clock.advance(timedelta(seconds=1))
        await anna.changes(task["id"], **change)
        seen.add(await etag(anna, task["id"]))
        assert len(seen) == n, change
    await anna.changes(task["id"], title="B")
    assert await etag(anna, task["id"]) in seen


async def test_not_sent_again_to_who_has_it(anna: User) -> None:
    task = await anna.makes()
    tag = await etag(anna, task["id"])
    for known in (tag, f"W/{tag}", tag[:-1] + '-gzip"', f'"another", {tag}', "*"):
        answer = await anna.http.get(f"{TASKS}/{task['id']}", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    for other in ('"another"', "", tag.partition("-")[0] + '"'):
        answer = await anna.http.get(f"{TASKS}/{task['id']}", headers={"If-None-Match": other})
        assert answer.status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_write_holds_only_for_what_was_read(anna: User, method: str) -> None:
    task = await anna.makes()
    url = f"{TASKS}/{task['id']}"
    old = await etag(anna, task["id"])
    await anna.changes(task["id"], title="Changed meanwhile")
    body = None if method == "DELETE" else {"title": "Mine"}

    refused = await anna.http.request(method, url, json=body, headers={"If-Match": old})
    assert (refused.status_code, refused.json()["detail"]["code"]) == (412, "PRECONDITION_FAILED")
    assert (await anna.sees(task["id"]))["title"] == "Changed meanwhile"

    allowed = await anna.http.request(method, url, json=body, headers={"If-Match": refused.headers["etag"]})
    assert allowed.status_code in (200, 204), "the tag that a refusal gives is the present one"


HOLD: list[str] = ["{tag}", "W/{tag}", '"other", {tag}', "*", '"x" , W/{tag}']


async def test_forms_of_if_match_that_hold(anna: User, subtests: pytest.Subtests) -> None:
    for form in HOLD:
        with subtests.test(form=form):
            task = await anna.makes()
            header = form.format(tag=await etag(anna, task["id"]))
            answer = await anna.http.patch(f"{TASKS}/{task['id']}", json={"title": "B"}, headers={"If-Match": header})
            assert answer.status_code == 200


DO_NOT: list[str] = ['"x"', "", '""', "W/", ",", "nonsense"]


async def test_forms_of_if_match_that_do_not(anna: User, subtests: pytest.Subtests) -> None:
    for header in DO_NOT:
        with subtests.test(header=header):
            task = await anna.makes()
            answer = await anna.http.patch(f"{TASKS}/{task['id']}", json={"title": "B"}, headers={"If-Match": header})
            assert answer.status_code == 412


async def test_no_task_matches_nothing(anna: User, bert: User) -> None:
    theirs = await bert.makes()
    for header in ("*", await etag(bert, theirs["id"])):
        answer = await anna.http.patch(f"{TASKS}/{theirs['id']}", json={"title": "B"}, headers={"If-Match": header})
        assert answer.status_code == 404


async def test_of_two_writers_one_is_told(anna: User) -> None:
    task = await anna.makes()
    headers = {"If-Match": await etag(anna, task["id"])}
    url = f"{TASKS}/{task['id']}"
    both = await asyncio.gather(
        anna.http.patch(url, json={"title": "One"}, headers=headers),
        anna.http.patch(url, json={"title": "Two"}, headers=headers),
    )
    assert sorted(answer.status_code for answer in both) == [200, 412]
    kept = next(answer.json()["title"] for answer in both if answer.status_code == 200)
    assert (await anna.sees(task["id"]))["title"] == kept


async def test_what_phase_iv_changes_shows(anna: User, owner_url: str) -> None:
    task = await anna.makes()
    old = await etag(anna, task["id"])
    async with release_on(owner_url) as release:
        await release.rename(task["id"], "By Phase IV")
    assert await etag(anna, task["id"]) != old
    answer = await anna.http.patch(f"{TASKS}/{task['id']}", json={"completed": True}, headers={"If-Match": old})
    assert answer.status_code == 412


async def test_a_reminder_that_goes_off_refuses_no_edit(anna: User, database: Database) -> None:
    task = await anna.makes(due_date="2027-03-01", reminders=["1 day"])
    tag = await etag(anna, task["id"])
    await database.execute(
        "INSERT INTO reminder_schedule (task_id, user_id, reminder_offset, due_at, scheduled_at, fire_at, status, "
        "task_version, fired_at) VALUES ($1, $2, 'P1D', '2027-03-01', now(), now(), 'sent', 1, now())",
        task["id"],
        anna.id,
    )
    assert await etag(anna, task["id"]) != tag, "a reader sees that something is new"
    answer = await anna.http.patch(f"{TASKS}/{task['id']}", json={"title": "B"}, headers={"If-Match": tag})
    assert answer.status_code == 200, "a writer has seen what they are about to change"
