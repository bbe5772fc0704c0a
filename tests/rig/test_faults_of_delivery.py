"""What a delivery survives: its service crashing under it, and a dead-letter topic that cannot be written."""

import asyncio

from e2e.rig.kafka import Kafka
from tests.rig.conftest import StartSidecar
from tests.rig.consumer import Consumer
from tests.rig.publishing import CREATED, drain, event, eventually, publish

DEAD = "/internal/events/dead-letters"
DEAD_TOPIC = "taskflow.dead-letter.audit-logger"


async def test_a_batch_whose_service_crashes_comes_again(start_sidecar: StartSidecar, consumer: Consumer) -> None:
    """As a delivery or, when the service stays away for longer than three attempts take, as dead letters."""
    publisher = start_sidecar("chat-api")
    start_sidecar("audit-logger", consumer.port)
    await drain(publisher, consumer)
    sent = [event("one-task") for _ in range(5)]
    consumer.held = frozenset(one["id"] for one in sent)
    await publish(publisher, CREATED, sent)
    await eventually(lambda: consumer.of(sent[0]["id"]))
    await consumer.crash()
    before = len(consumer.deliveries)
    await asyncio.sleep(5)
    consumer.release()
    await consumer.start()
    ids = {one["id"] for one in sent}
    await eventually(lambda: ids <= {one.id for one in consumer.deliveries[before:]})


async def test_a_dead_letter_that_cannot_be_written_is_tried_until_it_can(
    kafka: Kafka, start_sidecar: StartSidecar, consumer: Consumer
) -> None:
    publisher = start_sidecar("chat-api")
    start_sidecar("audit-logger", consumer.port)
    await drain(publisher, consumer)
    bad, after = event("one-task"), event("one-task")
    consumer.answer = lambda one: "RETRY" if one.id == bad["id"] and one.path != DEAD else "SUCCESS"
    kafka.configure(DEAD_TOPIC, "max.message.bytes", "1")
    try:
        await publish(publisher, CREATED, [bad])
        await eventually(lambda: len(consumer.of(bad["id"])) >= 3)
        await publish(publisher, CREATED, [after])
        await eventually(lambda: len(consumer.of(bad["id"])) >= 4)
    finally:
        kafka.configure(DEAD_TOPIC, "max.message.bytes", "1048588")
    await eventually(lambda: consumer.of(bad["id"], path=DEAD) and consumer.of(after["id"]))
