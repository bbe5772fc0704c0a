"""What the signed records of a trail say together, and what is wrong among them: gaps, contradictions, forgeries."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import msgspec

from audit_logger.archive import Archive
from audit_logger.checkpoints import Sealed
from audit_logger.signing import NOTHING_BEFORE, Body, Checkpoint, Proof, Restored, Signer, hash_of
from audit_logger.walk import Finding, Kind
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
    `hash_of`) whose rows came back. `last` is when the last checkpoint was made.
    """

    hashes: dict[int, str]
    void: frozenset[str]
    findings: list[Finding]
    last: datetime | None = None
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


async def known_checkpoints(connection: Connection, signer: Signer, archive: Archive) -> Known:
    """All checkpoints, from the database and from outside it, that the key vouches for. Raises OSError."""
    archived = archive.read()
    outside = [_read(signer, record) for record in dict.fromkeys(archived.records)]
    inside = [_read(signer, row["record"], row) for row in await connection.fetch(_INSIDE)]
    both = list({one.record: one for one in [*outside, *inside]}.values())
    checkpoints = sorted(_sealed(both), key=lambda one: (one.body.seq, one.body.at))
    hashes: dict[int, str] = {}
    for one in [*_sealed(outside), *_sealed(inside)]:
        hashes.setdefault(one.body.seq, one.body.hash)
    findings = [
        *_contradictions(checkpoints, hashes),
        *_gaps(checkpoints),
        *_taken_out(_sealed(outside), {one.record for one in inside}),
        *_not_ours(inside, checkpoints, signer),
    ]
    return Known(
        hashes=hashes,
        void=frozenset(one.body.record for one in both if one.proof == "signed" and isinstance(one.body, Restored)),
        findings=findings,
        last=max((one.body.at for one in checkpoints), default=None),
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
            yield _finding(
                "changed", one.seq, f"A row of audit_checkpoints says {one.seq}, and its signed record {body.seq}"
            )


def _finding(kind: Kind, seq: int, message: str) -> Finding:
    return Finding(kind=kind, seq=seq, event_id=None, message=message)
