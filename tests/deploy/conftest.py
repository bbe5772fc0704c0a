"""Lets the processes of one run share the manifests that any of them has rendered."""

import os
from collections.abc import Iterator

import pytest

from tests.deploy import rendering


@pytest.fixture(scope="session", autouse=True)
def shared_manifests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Under xdist the parent of each process's own directory is the run's."""
    with pytest.MonkeyPatch.context() as patch:
        if "PYTEST_XDIST_WORKER" in os.environ:
            directory = tmp_path_factory.getbasetemp().parent / "manifests"
            directory.mkdir(exist_ok=True)
            patch.setattr(rendering, "kept_in", directory)
        yield
