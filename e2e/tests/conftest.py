"""One platform for the whole suite, in Phase V when a test begins; what fails is looked into while it is there."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from e2e import database, overlays
from e2e import target as targets
from e2e.deployment import Deployment
from e2e.load import Load, Person
from e2e.target import Target

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="session")
def target() -> Target:
    return targets.find()


@pytest.fixture(scope="session")
def deployment(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The minikube overlay, with nothing changed but the names of images."""
    overlay = overlays.write(tmp_path_factory.mktemp("overlay"), "minikube", target.images)
    return Deployment(target, overlay)


@pytest.fixture
async def phase_v(deployment: Deployment, request: pytest.FixtureRequest) -> AsyncGenerator[Deployment]:
    """The platform in Phase V and at rest, whatever the test before left.

    Nobody has signed up or failed to sign in yet: the whole suite comes from one address, and has more users than that
    is granted in an hour.
    """
    await asyncio.to_thread(deployment.apply, "phase-v")
    async with database.connected(deployment.cluster) as connection:
        await connection.execute("DELETE FROM sign_in_budgets")
    failed = request.session.testsfailed
    yield deployment
    if request.session.testsfailed > failed:
        print(deployment.troubles())


@pytest.fixture
async def connection(deployment: Deployment, phase_v: Deployment) -> AsyncGenerator[asyncpg.Connection]:
    async with database.connected(deployment.cluster) as connection:
        yield connection


@pytest.fixture
async def people(deployment: Deployment) -> AsyncGenerator[list[Person]]:
    """Twelve users to be."""
    async with AsyncExitStack() as closing:
        made = [Person(deployment.url) for _ in range(12)]
        for person in made:
            closing.push_async_callback(person.aclose)
        yield made


@pytest.fixture
async def under_load(people: list[Person]) -> AsyncGenerator[Callable[[list[Person]], Load]]:
    """Has people use the platform; those who still do when the test ends are sent home."""
    loads: list[Load] = []

    def start(users: list[Person]) -> Load:
        loads.append(Load(users))
        loads[-1].start()
        return loads[-1]

    yield start
    for load in loads:
        await load.abandon()


@pytest.fixture
async def person(deployment: Deployment, phase_v: Deployment) -> AsyncGenerator[Person]:
    """A user who has signed in."""
    made = Person(deployment.url)
    yield await made.sign_up()
    await made.aclose()


@pytest.fixture(params=["the project's image", "a release's own image"])
def way_back(request: pytest.FixtureRequest, deployment: Deployment, phase_v: Deployment, tmp_path: Path) -> Deployment:
    """The platform, with one image or the other as Phase IV. Skips where there is no image of a release."""
    if request.param == "the project's image":
        return phase_v
    image = targets.release_image(deployment.target)
    if not image:
        pytest.skip("TASKFLOW_E2E_PHASE_IV_IMAGE names no image of a Phase IV release")
    overlay = overlays.write(tmp_path / "release", "minikube", deployment.target.images, phase_iv=image)
    return Deployment(deployment.target, overlay)


@pytest.fixture
def other_overlay(deployment: Deployment, tmp_path: Path) -> Path:
    """The same overlay with the image of a later release. Skips where there is none."""
    image = targets.next_image(deployment.target)
    if not image:
        pytest.skip("TASKFLOW_E2E_NEXT_IMAGE names no later image")
    return overlays.write(tmp_path / "next", "minikube", {**deployment.target.images, targets.TASKFLOW: image})
