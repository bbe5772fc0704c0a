"""The page's files as they are sent: tagged, compressed, and named so that what has a hash in its name is never asked
for again. In a wheel they are a bundle, compressed ahead; in a checkout the sources, read anew when they change."""

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chat_api.answers import tags_of

_NAME: Final = re.compile(r"(?:[a-z0-9][\w.-]*/){0,4}[a-z0-9][\w.-]*", re.IGNORECASE | re.ASCII)
_HASHED: Final = re.compile(r"-[A-Z0-9]{8}\.(?:js|css)")
"""What the bundle's names end in; a source's name has no capital (biome sees to it)."""

_ENCODINGS: Final = ((".br", "br"), (".gz", "gzip"))
"""The ending of a file that was compressed ahead, and what that is called; the best first."""
_TEXT: Final = frozenset({".js", ".css", ".html", ".svg", ".webmanifest"})
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_LARGEST: Final = 4 * 1024 * 1024
_SMALL: Final = 200
"""Bytes that compressing would make no smaller."""

WORKER: Final = "sw.js"
"""The service worker: from /static it may look after all of the page."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file, in every encoding that there is of it; `""` is the file itself."""

    media_type: str
    cache_control: str
    tag: str
    bodies: Mapping[str, bytes]

    def chosen(self, accepted: str | None) -> str:
        """The encoding for an Accept-Encoding."""
        weights = _weights(accepted or "")
        return next((name for name in self.bodies if name and weights.get(name, weights.get("*", 0.0)) > 0), "")

    def tag_of(self, encoding: str) -> str:
        """The ETag of the file in an encoding: strong, so each has one of its own."""
        return f'"{self.tag}-{encoding}"' if encoding else f'"{self.tag}"'

    def is_known(self, if_none_match: str | None, encoding: str) -> bool:
        """Whether who asks has it already."""
        return bool(if_none_match) and self.tag_of(encoding).strip('"') in tags_of(if_none_match or "")


class PageFiles:
    """The files of one directory, by their paths below it. What has been read is kept until the file changes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept: dict[str, tuple[tuple[int, int], PageFile]] = {}

    def find(self, name: str) -> PageFile | None:
        """The file of a name; None where there is none, or it is no name of ours."""
        if len(name) > 200 or not _NAME.fullmatch(name) or name.endswith(tuple(end for end, _ in _ENCODINGS)):
            return None
        path = self._directory / name
        try:
            found = path.stat()
        except OSError:
            return None
        if not path.is_file() or found.st_size > _LARGEST:
            return None
        state = (found.st_mtime_ns, found.st_size)
        kept = self._kept.get(name)
        if kept is None or kept[0] != state:
            kept = (state, _read(path))
            self._kept[name] = kept
        return kept[1]


def _read(path: Path) -> PageFile:
    content = path.read_bytes()
    bodies: dict[str, bytes] = {}
    for ending, encoding in _ENCODINGS:
        ahead = path.with_name(path.name + ending)
        if ahead.is_file():
            bodies[encoding] = ahead.read_bytes()
    if not bodies and path.suffix in _TEXT and len(content) > _SMALL:
        bodies["gzip"] = gzip.compress(content, mtime=0)
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    lasting = _HASHED.search(path.name) is not None
    return PageFile(
        media_type=kind,
        cache_control="public, max-age=31536000, immutable" if lasting else "no-cache",
        tag=hashlib.blake2b(content, digest_size=12).hexdigest(),
        bodies={**bodies, "": content},
    )


def _weights(accepted: str) -> dict[str, float]:
    """What an Accept-Encoding says of each coding; what cannot be read is as good as refused."""
    weights: dict[str, float] = {}
    for part in accepted[:1000].split(","):
        name, _, parameters = part.strip().lower().partition(";")
        weight = parameters.strip().removeprefix("q=") if parameters else "1"
        try:
            weights[name.strip()] = float(weight)
        except ValueError:
            weights[name.strip()] = 0.0
    return weights
