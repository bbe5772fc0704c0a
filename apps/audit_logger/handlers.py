"""Takes events from the bus and answers once they are in the trail."""

from collections.abc import Sequence

from audit_logger.encryption.keys import DamagedKeysError
from audit_logger.metrics import DUPLICATES, RECORDED, UNRECORDABLE
from audit_logger.trail.records import Record, UnrecordableError, record_of
from audit_logger.trail.writing import Trail
from taskflow_core.bus.port import SUCCESS, Outcome
from taskflow_core.events.account import AnyEvent


class Audit:
    """The handler: a batch becomes one statement. What no row can hold is dropped to the dead letters at once."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    async def __call__(self, events: Sequence[AnyEvent]) -> Sequence[Outcome]:
        """SUCCESS after commit. Raises the database's outages; then the batch comes again."""
        records: list[Record] = []
        outcomes: list[Outcome] = []
        for event in events:
            try:
                records.append(record_of(event))
                outcomes.append(SUCCESS)
            except UnrecordableError as error:
                UNRECORDABLE.inc()
                outcomes.append(Outcome.drop(str(error)))
        try:
            await self._record(records)
        except DamagedKeysError as damaged:
            # Theirs are tried again, and then kept among the dead letters; nobody else's waits for that.
            await self._record([record for record in records if record.user_id not in damaged.users])
            outcomes = [
                Outcome.retry(str(damaged)) if outcome is SUCCESS and event.user_id in damaged.users else outcome
                for event, outcome in zip(events, outcomes, strict=True)
            ]
        return outcomes

    async def _record(self, records: Sequence[Record]) -> None:
        if records:
            added = await self._trail.append(records)
            RECORDED.inc(added)
            DUPLICATES.inc(len(records) - added)
