"""Nothing is left in the code that nobody calls, or that tests alone do."""

from typing import Any, Final

import vulture

from tests.deploy.rendering import ROOT

CALLED_BY_OTHERS: Final = {
    "asyncio calls a protocol's methods": {"connection_made", "data_received", "connection_lost"},
    "APScheduler asks a trigger": {"get_next_fire_time"},
    "hatchling calls a build hook": {"initialize", "finalize"},
    "uvicorn's server has it": {"capture_signals"},
    "uvicorn's protocol calls it": {"send_400_response"},
    "Piccolo's engine has them": {"check_version", "prep_database"},
    "a bound that its tests watch": {"stale"},
    "tests do what the services may not": {"admin_url"},
    "tests hold manifests to the code": {"metadata_of"},
}
"""Names by the reason why nothing of ours calls them."""

ROUTES: Final = ["@get", "@post", "@put", "@patch", "@delete", "@app.*", "@router.*", "@*.get", "@*.post", "@pytest.*"]
"""What is called by its decorator."""

KINDS: Final = {"function", "class", "method", "property", "import"}
"""Fields and variables are left out: of structs and data classes others read what is written."""

ON_THE_RIG: Final = ROOT / "tests/rig"
"""Tests are the rig's only users."""


def test_nothing_is_there_that_nobody_calls() -> None:
    found: Any = vulture.Vulture(
        ignore_names=sorted(set[str]().union(*CALLED_BY_OTHERS.values())), ignore_decorators=ROUTES
    )
    found.scavenge([str(ROOT / folder) for folder in ("apps", "db", "e2e")] + [str(ON_THE_RIG)])
    unused = [item for item in found.get_unused_code() if item.typ in KINDS and ON_THE_RIG not in item.filename.parents]
    assert [f"{item.filename.relative_to(ROOT)}:{item.first_lineno} {item.typ} {item.name}" for item in unused] == []
