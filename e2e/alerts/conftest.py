"""Prometheus and promtool, built from their Go module on first use."""

from pathlib import Path

import pytest

from e2e.cluster import builds
from e2e.cluster.workspace import find_workspace


@pytest.fixture(scope="session")
def programs() -> Path:
    """The directory with both."""
    return builds.built(find_workspace(), "prometheus")
