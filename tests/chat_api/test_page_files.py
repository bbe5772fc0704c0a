"""The page's files as they travel: compressed as browsers can, asked for once where a name says what is in them."""

import gzip
import os
from pathlib import Path

import httpx
import pytest

from chat_api.controllers.page_files import PageFiles

HTML = {"Accept": "text/html"}
FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
def bundle(tmp_path: Path) -> PageFiles:
    """A directory as a wheel has it."""
    (tmp_path / "app-ABCD2345.js").write_text("let a;")
    (tmp_path / "app-ABCD2345.js.br").write_bytes(b"by brotli")
    (tmp_path / "app-ABCD2345.js.gz").write_bytes(b"by gzip")
    (tmp_path / "quick-add.js").write_text("let b;" * 100)
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "secret").mkdir()
    (tmp_path / ".hidden").write_text("no")
    return PageFiles(tmp_path)


def test_a_name_with_a_hash_is_kept_for_good_and_no_other(bundle: PageFiles) -> None:
    kept = {
        name: file.cache_control
        for name in ("app-ABCD2345.js", "quick-add.js", "index.html")
        if (file := bundle.find(name))
    }
    assert kept == {"app-ABCD2345.js": FOREVER, "quick-add.js": "no-cache", "index.html": "no-cache"}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("*", "br"),
        ("*, br;q=0", "gzip"),
        ("br;q=x", ""),
        ("br;q=0, *;q=0", ""),
        ("identity", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_best_that_the_browser_reads(bundle: PageFiles, accepted: str | None, encoding: str) -> None:
    file = bundle.find("app-ABCD2345.js")
    assert file is not None
    assert file.chosen(accepted) == encoding


def test_each_encoding_has_a_tag_of_its_own(bundle: PageFiles) -> None:
    file = bundle.find("app-ABCD2345.js")
    assert file is not None
    tags = {file.tag_of(encoding) for encoding in file.bodies}
    assert len(tags) == 3
    assert file.is_known(f'"other", W/{file.tag_of("br")}', "br")
    assert not file.is_known(file.tag_of("gzip"), "br")
    assert not file.is_known(None, "br")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "secret",
        ".hidden",
        "app-ABCD2345.js.br",
        "../x",
        "a/../index.html",
        "/etc/passwd",
        "x" * 300,
        "a\x00b",
        "é.js",
    ],
)
def test_nothing_else_is_a_file_of_the_page(bundle: PageFiles, name: str) -> None:
    assert bundle.find(name) is None


def test_a_source_that_changes_is_read_anew(tmp_path: Path) -> None:
    source = tmp_path / "app.js"
    source.write_text("first " * 100)
    files = PageFiles(tmp_path)
    first = files.find("app.js")
    assert files.find("app.js") is first, "it is read once"
    source.write_text("then " * 100)
    os.utime(source, (1, 1))
    then = files.find("app.js")
    assert first is not None
    assert then is not None
    assert then.tag != first.tag
    assert gzip.decompress(then.bodies["gzip"]) == source.read_bytes()


async def test_the_page_itself_is_asked_for_each_time_and_sent_when_it_changed(visitor: httpx.AsyncClient) -> None:
    first = await visitor.get("/", headers=HTML)
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["vary"] == "Accept, Accept-Encoding"
    again = await visitor.get("/", headers={**HTML, "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


async def test_sources_are_compressed(visitor: httpx.AsyncClient) -> None:
    small = await visitor.get("/static/app.js")
    whole = await visitor.get("/static/app.js", headers={"Accept-Encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < int(whole.headers["content-length"]) / 2
    assert small.text == whole.text
    assert whole.headers["vary"] == small.headers["vary"] == "Accept-Encoding"
    assert whole.headers["content-type"].startswith("text/javascript")


async def test_the_worker_may_look_after_the_whole_page(visitor: httpx.AsyncClient) -> None:
    worker = await visitor.get("/static/sw.js")
    assert worker.headers["service-worker-allowed"] == "/"
    assert worker.headers["cache-control"] == "no-cache"
    policy = worker.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "service-worker-allowed" not in (await visitor.get("/static/app.js")).headers
