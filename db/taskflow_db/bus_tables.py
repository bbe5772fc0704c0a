"""The tables of what moves events: part of every service."""

from typing import Final

from piccolo.columns import UUID, BigInt, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

BUS: Final = "bus"
"""Not a service: what every service has in it, on behalf of the producer or consumer group that a row names."""


class EmbeddedDeliveries(
    Table,
    tablename="embedded_deliveries",
    tags=[BUS],
    help_text="The embedded transport's: events that a consumer group has not dealt with",
):
    consumer_group = Varchar(length=64, primary_key=True)
    seq = BigInt()
    event_id = UUID(primary_key=True)
    task_id = Varchar(length=None)
    topic = Varchar(length=128)
    payload = Text()
    attempts = Integer()
    retry_at = Timestamptz(null=True, default=None)
    last_error = Varchar(length=500, null=True, default=None)


class DeadLetters(
    Table, tablename="dead_letters", tags=[BUS], help_text="Events that a consumer group gave up on, for an operator"
):
    event_id = UUID(primary_key=True)
    consumer_group = Varchar(length=64, primary_key=True)
    topic = Varchar(length=128)
    task_id = Varchar(length=None, null=True, default=None)
    payload = Text()
    reason = Varchar(length=2000)
    attempts = Integer()
    dead_at = Timestamptz()
    replay_requested_at = Timestamptz(null=True, default=None)
