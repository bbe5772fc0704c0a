"""A real Kafka for the session, and sidecars whose services are a few lines of ASGI in the test."""

import os
import secrets
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from e2e.rig import programs, resources
from e2e.rig.daprd import Sidecar
from e2e.rig.errors import RigError
from e2e.rig.kafka import Kafka
from tests.rig.consumer import Consumer

APP_TOKEN = secrets.token_hex(16)
API_TOKEN = secrets.token_hex(16)

StartSidecar = Callable[..., Sidecar]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this directory needs the rig."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.rig)


@pytest.fixture(scope="session")
def rig_programs() -> programs.Programs:
    """daprd, java and Kafka's jars; the tests are skipped where `make rig` was not run, except in CI."""
    try:
        return programs.find()
    except RigError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def kafka(rig_programs: programs.Programs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """A broker with the declared topics, shared by the session: tests use tasks of their own."""
    directory = tmp_path_factory.mktemp("kafka")
    broker = Kafka(rig_programs, directory, log=directory / "kafka.log")
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()


@pytest.fixture
def start_sidecar(
    rig_programs: programs.Programs, kafka: Kafka, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[StartSidecar]:
    """start_sidecar(app_id, app_port=1, pod=None, broker=…, configured=True): a sidecar that is ready to publish.

    Its log is printed when the test fails.
    """
    started: list[Sidecar] = []

    def start(
        app_id: str, app_port: int = 1, *, pod: str | None = None, broker: Kafka = kafka, configured: bool = True
    ) -> Sidecar:
        directory = tmp_path / f"dapr-{broker.port}"
        resources.write(directory, brokers=broker.address)
        sidecar = Sidecar(
            rig_programs,
            directory,
            app_id=app_id,
            app_port=app_port,
            app_token=APP_TOKEN,
            api_token=API_TOKEN,
            log=tmp_path / f"{app_id}-{len(started)}.log",
            pod=pod,
            configured=configured,
        )
        started.append(sidecar)
        sidecar.start()
        sidecar.wait_ready()
        return sidecar

    try:
        yield start
    finally:
        with ThreadPoolExecutor() as pool:  # in order, so that the next test's need not wait for these to be missed
            list(pool.map(Sidecar.stop, started))
        for sidecar in started:
            sys.stdout.write(f"--- {sidecar.log}\n{sidecar.log.read_text(encoding='utf-8')[-20_000:]}\n")


@pytest.fixture
async def consumer() -> AsyncGenerator[Consumer]:
    """A service that records what it is delivered and answers as the test says."""
    async with Consumer(APP_TOKEN).serving() as served:
        yield served
