"""Which release of Dapr a sidecar is, and the oldest that will do."""

import re
from typing import Final

import msgspec

OLDEST: Final = "1.17.5"
"""Before it a caller could get round access control by a path (fixed in 1.16.14 and 1.17.5), and before 1.17.0 there
was no `/v1.0/publish/bulk`. docs/deploying.md and platform/dapr/install.sh say the same."""

METADATA: Final = "/v1.0/metadata"
"""Where a sidecar describes itself."""


class _Metadata(msgspec.Struct, rename="camel"):
    runtime_version: str = ""


def too_old(metadata: bytes) -> str | None:
    """What is wrong with the release of the sidecar that answered `METADATA` with this; None when nothing is.

    A release without a number ("edge") is taken for one that somebody has built for a reason.
    """
    try:
        version = msgspec.json.decode(metadata, type=_Metadata).runtime_version
    except msgspec.DecodeError:
        return None
    found = _numbers(version)
    if found is None or found >= (_numbers(OLDEST) or found):
        return None
    return f"the Dapr sidecar is {version}; TaskFlow needs {OLDEST} or newer (docs/deploying.md)"


def _numbers(release: str) -> tuple[int, ...] | None:
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", release)
    return tuple(map(int, found.groups())) if found else None
