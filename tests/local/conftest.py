"""A directory that an embedded PostgreSQL can live in, and a short path for its socket."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import fresh_open_directory


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A fresh directory that other users may pass through (as root the server runs as another user)."""
    directory = fresh_open_directory()
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def closed_directory(open_directory: Path) -> Path:
    """A directory that only its owner may enter, like root's own home."""
    directory = open_directory / "closed"
    directory.mkdir(mode=0o700)
    return directory
