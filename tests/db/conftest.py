"""Connections to a test's database: as the owner of its tables, and to one that has no tables yet."""

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from tests.support.connections import connected
from tests.support.phase_iv import Release, release_on


@pytest.fixture
async def owner(owner_url: str) -> AsyncGenerator[asyncpg.Connection]:
    """A migrated database, as the owner of its tables; Phase IV connects like this."""
    async with connected(owner_url) as connection:
        yield connection


@pytest.fixture
async def release(owner_url: str) -> AsyncGenerator[Release]:
    """The Phase IV release, on a migrated database."""
    async with release_on(owner_url) as running:
        yield running


@pytest.fixture
async def empty(empty_database_url: str) -> AsyncGenerator[asyncpg.Connection]:
    """A database without any table, as its owner."""
    async with connected(empty_database_url) as connection:
        yield connection
