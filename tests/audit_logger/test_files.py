"""What the trail writes to files is there whole and to be read, or not at all: full disks, crashes, two writers."""

import os
import resource
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit_logger.evidence import files
from audit_logger.evidence.archive import Archive, Archived, ArchiveError
from audit_logger.evidence.files import append_line, new_file, write_all
from audit_logger.evidence.signing import Checkpoint, Signer
from tests.audit_logger.making import KEY

AT = datetime(2026, 11, 28, tzinfo=UTC)
NAME = "checkpoints-2026-11.jsonl"
SIGNER = Signer(KEY)


def record(seq: int) -> str:
    """A signed checkpoint."""
    return SIGNER.write(Checkpoint(seq=seq, hash=f"{seq:064x}", at=AT))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A directory whose disk is nearly full: 64 kB as root, else files may not grow beyond 8 kB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = os.geteuid() == 0 and (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", place], check=False).returncode == 0
    )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    if not mounted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    yield place
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    if mounted:
        subprocess.run(["umount", place], check=True)


async def fill(archive: Archive) -> list[str]:
    """Add records until one is refused; those that were taken."""
    taken: list[str] = []
    while len(taken) < 10_000:
        try:
            await archive.add(record(len(taken)), AT)
        except ArchiveError:
            return taken
        taken.append(record(len(taken)))
    raise AssertionError("the disk was never full")


async def test_a_full_disk_raises_and_what_was_taken_can_be_read(small: Path) -> None:
    archive = Archive(str(small))
    taken = await fill(archive)
    before = (small / NAME).read_bytes()
    assert archive.read() == Archived(taken, 0)
    for _ in range(2):
        with pytest.raises(ArchiveError, match="takes no record"):
            await archive.add(record(99_999), AT)
    assert (small / NAME).read_bytes() == before


async def test_when_there_is_room_again_it_goes_on(small: Path) -> None:
    archive = Archive(str(small))
    ballast = small / "ballast"
    ballast.write_bytes(b"x" * 4096)
    taken = await fill(archive)
    ballast.unlink()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    await archive.add(record(77), AT)
    assert archive.read() == Archived([*taken, record(77)], 0)


async def test_a_device_that_is_full_raises(tmp_path: Path) -> None:
    (tmp_path / NAME).symlink_to("/dev/full")
    with pytest.raises(ArchiveError, match="No space left"):
        await Archive(str(tmp_path)).add(record(1), AT)


@pytest.mark.parametrize("parts", [1, 7])
async def test_a_system_that_takes_a_part_at_a_time_gets_all_of_it(
    tmp_path: Path, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def a_part(to: int, content: bytes) -> int:
        return write(to, content[: max(1, len(content) // parts)])

    monkeypatch.setattr(files.os, "write", a_part)
    archive = Archive(str(tmp_path))
    await archive.add(record(1), AT)
    assert archive.read() == Archived([record(1)], 0)


@pytest.mark.parametrize("step", ["write", "fsync"])
async def test_a_failure_after_a_part_was_written_takes_that_part_back(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(str(tmp_path))
    await archive.add(record(1), AT)
    write, began = os.write, False

    def half(to: int, content: bytes) -> int:
        nonlocal began
        if began:
            raise OSError(5, "Input/output error")
        began = True
        return write(to, content[:50])

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(files.os, step, half if step == "write" else fails)
        with pytest.raises(ArchiveError, match="Input/output error"):
            await archive.add(record(2), AT)
    assert archive.read() == Archived([record(1)], 0)
    await archive.add(record(3), AT)
    assert archive.read() == Archived([record(1), record(3)], 0)


CUTS = [1, 8, 30, len(record(2)) // 2, len(record(2)) - 1]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("tail", [b"", b"\0" * 512])
async def test_a_line_that_a_crash_cut_short_is_torn_not_forged_and_spoils_no_other(
    tmp_path: Path, cut: int, tail: bytes
) -> None:
    archive = Archive(str(tmp_path))
    await archive.add(record(1), AT)
    with (tmp_path / NAME).open("ab") as file:
        file.write(record(2).encode()[:cut] + tail)
    assert archive.read() == Archived([record(1)], 1)
    await archive.add(record(3), AT)
    assert archive.read() == Archived([record(1), record(3)], 1)


async def test_a_record_whose_line_break_alone_is_missing_counts(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    (tmp_path / NAME).write_text(record(1))
    await archive.add(record(2), AT)
    assert archive.read() == Archived([record(1), record(2)], 0)


def test_a_record_that_was_appended_to_a_torn_line_is_found(tmp_path: Path) -> None:
    """As earlier releases did."""
    (tmp_path / NAME).write_text(f"{record(1)}\n{record(2)[:40]}{record(3)}\n{record(4)[:3]}{record(5)}\n")
    assert Archive(str(tmp_path)).read() == Archived([record(1), record(3), record(5)], 2)


def test_what_somebody_changed_is_not_taken_for_torn(tmp_path: Path) -> None:
    changed = [record(1).replace('"seq":1', '"seq":"1'), record(2).replace('"seq":2', '"seq":3'), "something else"]
    (tmp_path / NAME).write_text("\n".join(changed) + "\n")
    found = Archive(str(tmp_path)).read()
    assert found.torn == 0
    assert [SIGNER.read(line)[1] for line in found.records] == ["forged"] * 3


def test_two_writers_do_not_mix_their_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In parts, so that only the lock keeps a line together."""
    path = tmp_path / "lines"
    write = os.write

    def a_part(to: int, content: bytes) -> int:
        return write(to, content[:1000])

    def many(name: str) -> None:
        for n in range(30):
            append_line(path, f"{name} {n} {'x' * 3000}".encode())

    monkeypatch.setattr(files.os, "write", a_part)
    with ThreadPoolExecutor() as writers:
        list(writers.map(many, "ab"))
    lines = path.read_text().splitlines()
    assert sorted(lines) == sorted(f"{name} {n} {'x' * 3000}" for name in "ab" for n in range(30))


def test_a_writer_that_hangs_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lines"
    monkeypatch.setattr(files, "LOCK_SECONDS", 0.1)
    with path.open("ab") as held:
        files.fcntl.flock(held, files.fcntl.LOCK_EX)
        with pytest.raises(TimeoutError, match="another process holds"):
            append_line(path, b"mine")
    assert path.read_bytes() == b""


async def test_a_directory_that_cannot_be_written_raises(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/taskflow")):
        with pytest.raises(ArchiveError, match="takes no record"):
            await Archive(str(place)).add(record(1), AT)


async def test_both_the_line_and_its_files_name_are_flushed_before_it_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    fsync = os.fsync
    place = tmp_path / "new" / "place"

    def noted(descriptor: int) -> None:
        flushed.append(os.path.realpath(f"/proc/self/fd/{descriptor}"))
        fsync(descriptor)

    monkeypatch.setattr(files.os, "fsync", noted)
    await Archive(str(place)).add(record(1), AT)
    assert flushed == [str(place.parent), str(place / NAME), str(place)]


async def test_the_months_lie_in_files_of_their_own(tmp_path: Path) -> None:
    archive = Archive(str(tmp_path))
    await archive.add(record(1), AT)
    await archive.add(record(2), AT + timedelta(days=5))
    assert (tmp_path / "checkpoints-2026-12.jsonl").read_text() == record(2) + "\n"
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert archive.read() == Archived([record(1), record(2)], 0)


class TestNewFiles:
    def test_a_new_file_appears_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "new"
        with new_file(path) as descriptor:
            write_all(descriptor, b"all of it")
            assert not path.exists()
        assert path.read_bytes() == b"all of it"
        assert path.stat().st_mode & 0o777 == 0o600
        assert list(tmp_path.iterdir()) == [path]

    def test_one_that_came_meanwhile_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "new"
        with pytest.raises(FileExistsError), new_file(path):
            path.write_bytes(b"another's")
        assert path.read_bytes() == b"another's"
        assert list(tmp_path.iterdir()) == [path]

    def test_without_links_it_is_renamed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: object) -> None:
            raise PermissionError("no links here")

        monkeypatch.setattr(files.os, "link", refused)
        path = tmp_path / "new"
        with new_file(path) as descriptor:
            write_all(descriptor, b"all of it")
        assert path.read_bytes() == b"all of it"
        with pytest.raises(FileExistsError), new_file(path):
            pass
        assert list(tmp_path.iterdir()) == [path]

    def test_a_full_disk_leaves_nothing(self, small: Path) -> None:
        with pytest.raises(OSError, match=r"space|large"), new_file(small / "new") as descriptor:
            write_all(descriptor, b"x" * 100_000)
        assert list(small.iterdir()) == []
