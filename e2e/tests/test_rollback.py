"""The promise that all else is built around: back to Phase IV within five minutes and forward again, losing nothing."""

import asyncio
import contextlib
import os
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from e2e import database, overlays
from e2e.accounts import half_erased, is_erased, leave, live_in, signs_in
from e2e.cluster.workspace import ROOT
from e2e.deployment import Deployment
from e2e.frames import Frames
from e2e.load import Load, Person
from e2e.target import PYTHON, TASKFLOW, Target
from taskflow_ops import conventions
from taskflow_ops.cluster import KUBERNETES_SERVICES, PODS
from taskflow_ops.objects import condition, name_of
from taskflow_ops.phase_iv.replay import replay_recorded
from tests.support.waiting import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1200)]

UnderLoad = Callable[[list[Person]], Load]

PROMISED_SECONDS: Final = 300.0
_ROWS_NOBODY_MAKES_UNDER_DAPR: Final = """
INSERT INTO embedded_deliveries (consumer_group, seq, event_id, task_id, topic, payload)
    VALUES ('audit-logger', 1, gen_random_uuid(), 'none', 'taskflow.tasks.created', '{}') ON CONFLICT DO NOTHING;
INSERT INTO dead_letters (event_id, consumer_group, topic, payload, reason, attempts)
    VALUES (gen_random_uuid(), 'audit-logger', 'taskflow.tasks.created', '{}', 'put here by the suite', 3);
INSERT INTO audit_pruned (relation, month, record)
    VALUES ('task_events_1999_01', '1999-01-01', 'put here by the suite') ON CONFLICT DO NOTHING;
INSERT INTO account_links (kind, email, expires_at)
    VALUES ('invitation', 'put-here@by.the.suite', now() + interval '1 hour');
INSERT INTO personal_tokens (id, user_id, name, token_hash, scopes, created_at, expires_at)
    VALUES ('suite', 'nobody', 'put here by the suite', 'x', 'stream', now(), now() + interval '1 hour')
    ON CONFLICT DO NOTHING;
INSERT INTO erasures (user_hash, done_at) VALUES ('put here by the suite', now()) ON CONFLICT DO NOTHING;
INSERT INTO audit_old_hashes (seq, hash) VALUES (-1, 'put here by the suite') ON CONFLICT DO NOTHING;
"""
_REMOVE_THEM: Final = """
DELETE FROM embedded_deliveries WHERE task_id = 'none';
DELETE FROM dead_letters WHERE reason = 'put here by the suite';
DELETE FROM audit_pruned WHERE record = 'put here by the suite';
DELETE FROM personal_tokens WHERE id = 'suite';
DELETE FROM account_links WHERE email = 'put-here@by.the.suite';
DELETE FROM erasures WHERE user_hash = 'put here by the suite';
DELETE FROM audit_old_hashes WHERE seq = -1;
"""


async def test_back_to_phase_iv_and_forward_again(
    way_back: Deployment, people: list[Person], under_load: UnderLoad, connection: asyncpg.Connection
) -> None:
    """Rows in every table, accounts disabled, erased or about to be, under load: nothing fails, nothing changes,
    nothing is lost, nothing is told twice."""
    for person in people:
        await person.sign_up()
    resident, reader, closed, erased, leaving, *busy = people
    busy, late = busy[:-2], busy[-2:]
    for person in (resident, erased, leaving):
        await live_in(person)
        await make(person, f"Of {person.id}")
    await administer(way_back, "disable", closed)
    await leave(erased)
    await is_erased(connection, erased)
    await have_a_checkpoint(way_back, connection)
    load = under_load(busy)
    async with (
        filled(connection),
        Frames(way_back.url, reader.token).following() as stream,
        AsyncExitStack() as half_way,
    ):
        await half_way.enter_async_context(half_erased(way_back.cluster, connection, leaving))
        tasks = [await make(reader, f"Kept {number}") for number in range(4)]
        await eventually(lambda: len(stream.of_type("task.created")) == 4, within=20)
        before = await database.phase_iv_rows(connection, without=load.users)
        others = {owner for table, owner in before if table == "users"}

        # Back.
        began = time.monotonic()
        said = await ops(way_back, "rollback", *way_back.changing())
        took = time.monotonic() - began
        assert took < PROMISED_SECONDS
        assert "the images are there" in said, "looked at before anything was changed"
        assert "Phase IV admits what was revoked" in said
        assert "nothing of Phase V runs any more" in said, "so nobody erases what is now let go"
        await half_way.aclose()
        for person in (closed, erased, leaving):
            assert await signs_in(person) == 401, "an account that was closed stays closed in Phase IV"
        assert await replay_recorded(way_back.url, phase="iv") == []
        assert await asyncio.to_thread(way_back.phase) != "v"
        assert await asyncio.to_thread(way_back.kubectl.diff_directory, way_back.overlay / "phase-iv") == ""
        for kind in (PODS, KUBERNETES_SERVICES):
            assert await asyncio.to_thread(way_back.cluster.matching, kind, conventions.PHASE_V) == []

        await load.stop()
        print(f"load during the rollback of {took:.0f} s: {load.summary()}")
        assert load.failures == []
        assert await database.tasks_of(connection, load.users) == load.tasks
        after = await database.phase_iv_rows(connection, without=load.users)
        assert {key: after.get(key) for key in before} == before
        strangers = await owners_of(connection, after.keys() - before.keys())
        assert not strangers & others, "rows of users who were there before have come from nowhere"

        # What Phase IV does meanwhile.
        edited, completed, removed, both = tasks
        made, made_and_done = await make(reader, "Made in Phase IV"), await make(reader, "Made and done in Phase IV")
        await reader.change(edited, title="Edited in Phase IV")
        await reader.change(completed, completed=True)
        await reader.change(made_and_done, completed=True)
        await reader.delete(removed)
        await reader.change(both, title="Edited and done in Phase IV")
        await reader.change(both, completed=True)
        await reader.delete(await make(reader, "Here and gone"))
        # Whoever has left still holds a token that Phase IV knows: what is written with it goes as well.
        await leaving.create(f"With a token of {leaving.id}")
        earlier = {event["event_id"] for event in await database.events_of(connection, [reader.id])}

        # Forward, under load again.
        again = under_load(late)
        began = time.monotonic()
        await ops(way_back, "rollforward", *way_back.changing())
        forward = time.monotonic() - began
        await again.stop()
        print(f"load during the roll-forward of {forward:.0f} s: {again.summary()}")
        assert again.failures == []
        assert await replay_recorded(way_back.url, phase="v") == []
        assert await signs_in(closed) == 401
        await administer(way_back, "enable", closed)
        assert await signs_in(closed) == 200, "with the password that it had"
        await is_erased(connection, leaving)
        for person in (erased, leaving):
            assert await signs_in(person) == 401
            assert (await person.client.post("/api/v1/auth/signup", json=person.account)).status_code == 201, (
                "the address is free again"
            )

        # Every change once, by the ids in the audit trail.
        async def reconciled() -> None:
            assert await database.on_their_way(connection) == 0

        await eventually(reconciled, within=60, every=0.2)
        events = await database.events_of(connection, [reader.id])
        assert len({event["event_id"] for event in events}) == len(events)
        new = Counter((event["type"], event["task_id"]) for event in events if event["event_id"] not in earlier)
        assert new == Counter(
            [
                *(("task.created", task) for task in (made, made_and_done)),
                ("task.completed", made_and_done),
                ("task.updated", edited),
                ("task.completed", completed),
                ("task.deleted", removed),
                ("task.updated", both),
                ("task.completed", both),
            ]
        )
        versions = Counter((event["task_id"], event["version"]) for event in events)
        assert max(versions.values()) == 1, "no version of a task was told twice"
        assert await database.tasks_of(connection, again.users) == again.tasks
        await everything_told_once(connection, [*load.people, *again.people])

        # And by the frames of a stream that was there before and comes back after.
        await eventually(lambda: stream.knows_of(events), within=60)
        assert not stream.told_twice
        frames, events_sent = len(stream.frames), len(stream.event_ids)
        print(f"the stream: {stream.connections} connections, {frames} frames of {events_sent} events")


async def test_a_rollback_that_fails_is_mended_and_goes_on(
    phase_v: Deployment,
    people: list[Person],
    under_load: UnderLoad,
    connection: asyncpg.Connection,
    tmp_path: Path,
) -> None:
    """An image that does not start as Phase IV: users notice nothing; isolated and mended, the rollback goes on."""
    load = under_load([await person.sign_up() for person in people[:3]])
    broken = overlays.write(tmp_path / "broken", "minikube", phase_v.target.images, phase_iv=unfit(phase_v.target))
    output = await ops(phase_v, "rollback", "--overlay", str(broken), "--within", "60", fails=True)
    assert "chat-api" in output
    assert await replay_recorded(phase_v.url, phase="v") == []

    image = phase_v.target.images[TASKFLOW]
    failing = await asyncio.to_thread(not_ready, phase_v, "chat-api")
    await ops(phase_v, "isolate", "chat-api", "--image", image, "--url", phase_v.url)
    assert failing
    isolated = await asyncio.to_thread(phase_v.cluster.matching, PODS, "taskflow.dev/isolated=chat-api")
    assert {pod["metadata"]["name"] for pod in isolated} == failing
    await ops(phase_v, "rollback", *phase_v.changing())
    assert await asyncio.to_thread(phase_v.kubectl.diff_directory, phase_v.overlay / "phase-iv") == ""
    await load.stop()
    print(load.summary())
    assert load.failures == []
    assert await database.tasks_of(connection, load.users) == load.tasks
    assert await replay_recorded(phase_v.url, phase="v") == []


def unfit(target: Target) -> str:
    """An image that the cluster has and that cannot be chat-api."""
    return target.images.get(PYTHON, f"{PYTHON}:3.13-slim-trixie")


def not_ready(deployment: Deployment, service: str) -> set[str]:
    """The pods of a service that are not ready."""
    pods = deployment.cluster.matching(PODS, f"{conventions.NAME}={service}")
    return {name_of(pod) for pod in pods if condition(pod, "Ready").get("status") != "True"}


async def administer(deployment: Deployment, action: str, person: Person) -> None:
    """`taskflow admin` in a pod of chat-api, as an administrator gives it."""
    [pod, *_] = await asyncio.to_thread(deployment.pods, "chat-api")
    words = ["taskflow", "admin", action, person.email]
    await asyncio.to_thread(deployment.cluster.execute, pod, conventions.APP, words, within=60)


async def have_a_checkpoint(deployment: Deployment, connection: asyncpg.Connection) -> None:
    """One is made every five minutes, and when audit-logger stops: on a young platform it is stopped for that."""
    if "audit_checkpoints" not in await database.empty_tables(connection):
        return

    async def recorded() -> None:
        assert "task_events" not in await database.empty_tables(connection)

    await eventually(recorded, within=30, every=0.2)
    stopped = await asyncio.to_thread(deployment.pods, "audit-logger")
    for pod in stopped:
        await asyncio.to_thread(deployment.cluster.delete, PODS, pod)

    async def gone() -> None:
        for pod in stopped:
            assert await asyncio.to_thread(deployment.cluster.find, PODS, pod) is None

    await eventually(gone, within=90, every=0.5)
    await asyncio.to_thread(deployment.wait_ready)


@asynccontextmanager
async def filled(connection: asyncpg.Connection) -> AsyncGenerator[None]:
    """A row in every table, if only for a moment in the outbox; those put there by hand are taken away again."""
    await connection.execute(_ROWS_NOBODY_MAKES_UNDER_DAPR)
    try:
        seen: set[str] = set()

        async def in_every_table() -> None:
            empty = await database.empty_tables(connection)
            nonlocal seen
            seen = seen & empty if seen else empty
            assert not seen, f"still without a row: {seen}"

        await eventually(in_every_table, within=60, every=0.05)
        yield
    finally:
        with contextlib.suppress(asyncpg.InterfaceError):
            await connection.execute(_REMOVE_THEM)


async def make(person: Person, title: str) -> str:
    task = await person.create(title)
    assert task is not None, person.journal.failures
    return task


async def ops(deployment: Deployment, action: str, *words: str, fails: bool = False) -> str:
    """`taskflow ops`, its output passed on with the time of each step, and returned."""
    process = await asyncio.create_subprocess_exec(
        *deployment.ops(action, *words),
        cwd=ROOT,
        env={**os.environ, **deployment.target.environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await asyncio.wait_for(process.communicate(), 900)
    output = printed.decode()
    print(output)
    assert (process.returncode != 0) is fails, f"taskflow ops {action} ended with {process.returncode}:\n{output}"
    return output


async def owners_of(connection: asyncpg.Connection, keys: set[database.Key]) -> set[str]:
    """Whose the rows are."""
    owners: set[str] = set()
    for table in ("users", "tasks", "conversation", "message"):
        ids = [row for name, row in keys if name == table]
        column = "id" if table == "users" else "user_id"
        rows = await connection.fetch(f"SELECT {column} AS owner FROM {table} WHERE id = ANY($1)", ids)
        owners |= {row["owner"] for row in rows}
    return owners


async def everything_told_once(connection: asyncpg.Connection, people: list[Person]) -> None:
    """Each creation and deletion that was answered, in whichever phase, is in the audit trail once.

    A task that came and went between two looks of Phase V's was never told of, which is all there is to tell.
    """
    events = await database.events_of(connection, [person.id for person in people])
    assert len({event["event_id"] for event in events}) == len(events)
    created = Counter(event["task_id"] for event in events if event["type"] == "task.created")
    deleted = Counter(event["task_id"] for event in events if event["type"] == "task.deleted")
    assert set(created.values()) <= {1}
    assert set(deleted.values()) <= {1}
    assert deleted.keys() <= created.keys()
    for person in people:
        assert created.keys() >= person.journal.tasks.keys()
    gone = {task for person in people for task in person.journal.deleted}
    assert created.keys() & gone == deleted.keys()
