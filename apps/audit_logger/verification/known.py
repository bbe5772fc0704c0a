"""What the signed records of a trail say together, and what is wrong among them: gaps, contradictions, forgeries."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec

from audit_logger.evidence.archive import Archive
from audit_logger.evidence.findings import Finding, Kind
from audit_logger.evidence.sealed_form import Sealing, is_of_before
from audit_logger.evidence.signing import NOTHING_BEFORE, Body, Checkpoint, Proof, Resealed, Restored, Signer, hash_of
from audit_logger.verification.checkpoints import Sealed
from taskflow_core.database.pool import Connection
from taskflow_core.database.statements import select
from taskflow_db.audit_tables import AuditCheckpoints

# Every record that stands among the checkpoints, with what its row says of it.
_INSIDE: Final = select(
    AuditCheckpoints.seq,
    AuditCheckpoints.made_at,
    AuditCheckpoints.record,
    order_by=[AuditCheckpoints.seq, AuditCheckpoints.made_at],
)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the checkpoints of a trail say: hashes (hex) by number, and how many records there were of no worth.

    `torn` ones are lines of the archive that a crash or a full disk cut short. `void` are the records of pruning (by
    `hash_of`) whose rows came back. `last` is when the last checkpoint was made. `unarchived` is its number where the
    database has it and the archive has not, though it comes there first.
    """

    hashes: dict[int, str]
    void: frozenset[str]
    findings: list[Finding]
    last: datetime | None = None
    unarchived: int | None = None
    forged: int = 0
    unsigned: int = 0
    torn: int = 0


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """A record with what it says and is worth; `seq` and `made_at` are those of its row, if it has one."""

    record: str
    body: Body | None
    proof: Proof
    seq: int | None = None
    made_at: datetime | None = None


async def known_checkpoints(connection: Connection, signer: Signer, archive: Archive, sealing: Sealing) -> Known:
    """All checkpoints, from the database and from outside it, that the key vouches for. Raises OSError.

    Those of rows that have been encrypted since tell nothing of them any more: the record that says so does.
    """
    archived = archive.read()
    outside = [_read(signer, record) for record in dict.fromkeys(archived.records)]
    inside = [_read(signer, row["record"], row) for row in await connection.fetch(_INSIDE)]
    both = list({one.record: one for one in [*outside, *inside]}.values())
    checkpoints = sorted(_sealed(both), key=lambda one: (one.body.seq, one.body.at))
    of_before = [one for one in checkpoints if is_of_before(one.body, sealing)]
    hashes: dict[int, str] = {}
    hashes_before: dict[int, str] = {}
    for one in [*_sealed(outside), *_sealed(inside)]:
        (hashes_before if is_of_before(one.body, sealing) else hashes).setdefault(one.body.seq, one.body.hash)
    bodies = [one.body for one in both if one.proof == "signed" and one.body is not None]
    if sealing.is_said_by(bodies):
        hashes.setdefault(sealing.seq, sealing.new.hex())
    findings = [
        *_contradictions([one for one in checkpoints if one not in of_before], hashes),
        *_contradictions(of_before, hashes_before),
        *_sealed_otherwise(bodies, [one.body for one in inside if one.proof == "signed"], sealing),
        *_gaps(checkpoints),
        *_taken_out(_sealed(outside), {one.record for one in inside}),
        *_not_ours(inside, checkpoints, signer),
    ]
    return Known(
        hashes=hashes,
        void=frozenset(one.body.record for one in both if one.proof == "signed" and isinstance(one.body, Restored)),
        findings=findings,
        last=max((one.body.at for one in checkpoints), default=None),
        unarchived=_unarchived(checkpoints, outside) if archive.is_kept else None,
        forged=sum(one.proof == "forged" for one in both),
        unsigned=sum(one.proof == "unsigned" for one in both),
        torn=archived.torn,
    )


def _read(signer: Signer, record: str, row: Any = None) -> _Read:
    body, proof = signer.read(record)
    if row is None:
        return _Read(record=record, body=body, proof=proof)
    return _Read(record=record, body=body, proof=proof, seq=row["seq"], made_at=row["made_at"])


def _sealed(records: Iterable[_Read]) -> list[Sealed]:
    return [
        Sealed(one.record, one.body) for one in records if one.proof == "signed" and isinstance(one.body, Checkpoint)
    ]


def _unarchived(checkpoints: list[Sealed], outside: list[_Read]) -> int | None:
    archived = {one.record for one in outside}
    return checkpoints[-1].body.seq if checkpoints and checkpoints[-1].record not in archived else None


def _contradictions(checkpoints: list[Sealed], hashes: dict[int, str]) -> Iterable[Finding]:
    """Two signed records of one number that do not say the same."""
    for one in checkpoints:
        if one.body.hash != hashes[one.body.seq]:
            yield _finding(
                "contradicted",
                one.body.seq,
                f"Two signed checkpoints of row {one.body.seq} contradict each other (the other was made at "
                f"{one.body.at:%Y-%m-%dT%H:%M:%SZ}): the trail was rewritten in between",
            )


def _sealed_otherwise(bodies: list[Body], inside: list[Body | None], sealing: Sealing) -> Iterable[Finding]:
    """Where signed records do not say what audit_sealing does of how far rows were encrypted."""
    resealed = [body for body in bodies if isinstance(body, Resealed)]
    ends = [body for body in bodies if isinstance(body, Checkpoint) and body.old is not None]
    if sealing.seq and not sealing.is_said_by(bodies) and (resealed or _knows_before(bodies, sealing)):
        yield _finding(
            "rewritten", sealing.seq, f"No signed record says that the rows up to {sealing.seq} were encrypted"
        )
    here = (sealing.seq, sealing.old.hex(), sealing.new.hex(), False)
    for one in ends:
        if (one.seq, one.old, one.hash, sealing.goes_on) != here:
            yield _finding(
                "rewritten", one.seq, f"A signed record says that the rows up to {one.seq} are encrypted for good"
            )
    furthest = max((body.seq for body in inside if isinstance(body, Resealed)), default=0)
    if furthest > sealing.seq:
        yield _finding("rewritten", furthest, f"audit_sealing was set back: rows up to {furthest} were encrypted")


def _knows_before(bodies: list[Body], sealing: Sealing) -> bool:
    """Whether a checkpoint knows rows as they were before they were encrypted."""
    return any(isinstance(body, Checkpoint) and is_of_before(body, sealing) for body in bodies)


def _gaps(checkpoints: list[Sealed]) -> Iterable[Finding]:
    """A checkpoint that names one that is nowhere, or not the one before it. Those without a link ask for nothing."""
    named = {hash_of(one.record): one.body.seq for one in checkpoints}
    numbers = sorted({one.body.seq for one in checkpoints})
    for one in checkpoints:
        if one.body.before is None:
            continue
        before = 0 if one.body.before == NOTHING_BEFORE else named.get(one.body.before)
        place = bisect_left(numbers, one.body.seq)
        if before is None:
            yield _finding(
                "unlinked",
                one.body.seq,
                f"The checkpoint of row {one.body.seq} follows one that is nowhere any more: a record was removed",
            )
        elif before != one.body.seq and before != (numbers[place - 1] if place else 0):
            yield _finding(
                "unlinked",
                one.body.seq,
                f"The checkpoint of row {one.body.seq} follows that of row {before}, and there is another between "
                "them: the trail went on from an earlier state",
            )


def _taken_out(outside: list[Sealed], inside: set[str]) -> Iterable[Finding]:
    """Linked checkpoints that are archived and not in the database: a crash leaves none but the last so."""
    for one in outside[:-1]:
        if one.body.before is not None and one.record not in inside:
            yield _finding(
                "removed",
                one.body.seq,
                f"The checkpoint of row {one.body.seq} is archived and is not in audit_checkpoints any more",
            )


def _not_ours(inside: list[_Read], checkpoints: list[Sealed], signer: Signer) -> Iterable[Finding]:
    """Rows of audit_checkpoints that no release wrote. Before the first linked one another key may have signed."""
    first = min((one.body.seq for one in checkpoints if one.body.before is not None), default=None)
    for one in inside if signer.has_key and first is not None else ():
        assert one.seq is not None, "it has a row"
        body = one.body
        if one.proof != "signed" and one.seq > (first or 0):
            yield _finding(
                "forged", one.seq, f"A record of row {one.seq} in audit_checkpoints is not signed with this key"
            )
        elif one.proof == "signed" and isinstance(body, Checkpoint) and (one.seq, one.made_at) != (body.seq, body.at):
            row, record = (one.seq, body.seq) if one.seq != body.seq else (one.made_at, body.at)
            yield _finding("changed", one.seq, f"A row of audit_checkpoints says {row}, and its signed record {record}")


def _finding(kind: Kind, seq: int, message: str) -> Finding:
    return Finding(kind=kind, seq=seq, event_id=None, message=message)
