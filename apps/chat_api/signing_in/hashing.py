"""bcrypt, off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import bcrypt

R = TypeVar("R")

AT_ONCE: Final = 2
"""Hashing is all CPU, and a flood of sign-ins must not take the machine from everyone else."""

LONGEST_BYTES: Final = 72
"""What bcrypt reads of a password; Phase IV let it cut the rest off."""


class Hashing:
    """Hashes passwords and compares them, on threads of its own. `rounds` is the cost."""

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._threads = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="bcrypt")
        self._nobody: bytes | None = None

    async def hashed(self, password: str) -> str:
        """The hash to store."""
        return (await self._run(bcrypt.hashpw, _secret(password), bcrypt.gensalt(self._rounds))).decode()

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether it is the password of a stored hash. Where there is none, the answer takes as long."""
        if stored is None:
            if self._nobody is None:
                self._nobody = await self._run(bcrypt.hashpw, b"nobody", bcrypt.gensalt(self._rounds))
            await self._run(bcrypt.checkpw, _secret(password), self._nobody)
            return False
        try:
            return await self._run(bcrypt.checkpw, _secret(password), stored.encode())
        except ValueError:
            return False  # what is stored is no bcrypt hash: nobody signs in with it

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, function: Callable[[bytes, bytes], R], first: bytes, second: bytes) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, first, second)


def _secret(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")[:LONGEST_BYTES]
