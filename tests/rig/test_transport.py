"""What the bus is built on, seen on a real sidecar and a real Kafka: publishing, delivery, attempts, scopes, tokens."""

import asyncio
import json

from tests.rig.conftest import APP_TOKEN, StartSidecar
from tests.rig.consumer import Consumer, Delivery
from tests.rig.publishing import CREATED, drain, event, eventually, publish


async def test_events_arrive_in_batches_as_they_were_sent(start_sidecar: StartSidecar, consumer: Consumer) -> None:
    publisher = start_sidecar("chat-api")
    start_sidecar("audit-logger", consumer.port)
    sent = [event(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01") for _ in range(200)]
    assert (await publish(publisher, CREATED, sent)).status_code == 204
    await eventually(lambda: len(consumer.of(*[one["id"] for one in sent])) == 200)
    arrived = {one.id: one.event for one in consumer.deliveries}
    assert [arrived[one["id"]] for one in sent] == sent
    assert max(one.batch for one in consumer.deliveries) < 100, "came in batches"
    assert consumer.tokens == {APP_TOKEN}


async def test_events_of_a_task_keep_their_order(start_sidecar: StartSidecar, consumer: Consumer) -> None:
    publisher = start_sidecar("chat-api")
    start_sidecar("audit-logger", consumer.port)
    tasks = [event()["subject"] for _ in range(10)]
    sent = [event(tasks[i % 10]) for i in range(300)]
    for start in range(0, 300, 100):
        assert (await publish(publisher, CREATED, sent[start : start + 100])).status_code == 204
    ids = [one["id"] for one in sent]
    await eventually(lambda: len(consumer.of(*ids)) >= 300)
    for task in tasks:
        wanted = [one["id"] for one in sent if one["subject"] == task]
        assert [one.id for one in consumer.of(*wanted)] == wanted


async def test_only_what_failed_is_tried_again_three_times_and_then_a_dead_letter(
    start_sidecar: StartSidecar, consumer: Consumer
) -> None:
    publisher = start_sidecar("chat-api")
    good, bad, flaky = event(), event(), event()
    fails = {bad["id"]: 99, flaky["id"]: 2}

    def answer(delivery: Delivery) -> str:
        one = delivery.id
        if delivery.path.endswith("dead-letters") or fails.get(one, 0) == 0:
            return "SUCCESS"
        fails[one] -= 1
        return "RETRY"

    consumer.answer = answer
    start_sidecar("audit-logger", consumer.port)
    await publish(publisher, CREATED, [good, bad, flaky])
    await eventually(lambda: consumer.of(bad["id"], path="/internal/events/dead-letters"))
    await eventually(lambda: len(consumer.of(good["id"])) == 1)  # in another partition, it may come last
    await eventually(lambda: len(consumer.of(flaky["id"])) == 3)
    assert len(consumer.of(bad["id"])) == 3
    [dead] = consumer.of(bad["id"], path="/internal/events/dead-letters")
    assert json.loads(dead.event) == bad
    assert dead.topic == "taskflow.dead-letter.audit-logger"


async def test_what_is_not_json_goes_to_the_dead_letters_and_holds_up_nobody(
    start_sidecar: StartSidecar, consumer: Consumer
) -> None:
    publisher = start_sidecar("chat-api")
    start_sidecar("audit-logger", consumer.port)
    after = event()
    poison = f"not json {after['id']}"
    await publish(publisher, CREATED, [poison, after])
    await eventually(lambda: any(one.event == poison.encode() for one in consumer.deliveries))
    await eventually(lambda: consumer.of(after["id"]))


async def test_each_service_may_publish_and_consume_what_is_its_own(start_sidecar: StartSidecar) -> None:
    chat_api, reminders, audit = (start_sidecar(one) for one in ("chat-api", "reminder-service", "audit-logger"))
    for sidecar, topic, allowed in (
        (chat_api, CREATED, True),
        (chat_api, "taskflow.tasks.reminder-triggered", False),
        (chat_api, "taskflow.dead-letter.audit-logger", False),
        (chat_api, "a-topic-of-nobody", False),
        (reminders, "taskflow.tasks.reminder-triggered", True),
        (reminders, CREATED, False),
        (audit, CREATED, False),
        (audit, "taskflow.dead-letter.audit-logger", True),
        (audit, "taskflow.dead-letter.reminder-service", False),
    ):
        answer = await publish(sidecar, topic, [event()])
        assert answer.status_code == (204 if allowed else 403), (sidecar.app_id, topic, answer.text)
    for pubsub in ("taskflow-pubsub-broadcast", "taskflow-pubsub-dead-letters"):
        answer = await publish(chat_api, CREATED, [event()], pubsub=pubsub)
        assert answer.status_code in {403, 404}, answer.text


async def test_the_sidecar_asks_its_service_for_a_token(start_sidecar: StartSidecar) -> None:
    sidecar = start_sidecar("chat-api")
    assert (await publish(sidecar, CREATED, [event()], token=None)).status_code == 401
    assert (await publish(sidecar, CREATED, [event()], token="wrong")).status_code == 401


async def test_two_instances_of_notification_service_both_get_every_event(
    start_sidecar: StartSidecar, consumer: Consumer
) -> None:
    publisher = start_sidecar("chat-api")
    async with Consumer(APP_TOKEN).serving() as other:
        for pod, served in (("notification-service-0", consumer), ("notification-service-1", other)):
            start_sidecar("notification-service", served.port, pod=pod)

        async def until_both_follow() -> None:
            while True:
                probe = event()
                await publish(publisher, CREATED, [probe])
                await asyncio.sleep(0.5)
                if consumer.of(probe["id"]) and other.of(probe["id"]):
                    return

        await asyncio.wait_for(until_both_follow(), 60)
        sent = [event() for _ in range(20)]
        await publish(publisher, CREATED, sent)
        for served in (consumer, other):
            await eventually(lambda served=served: len(served.of(*[one["id"] for one in sent])) == 20)


async def test_a_batch_that_a_service_cannot_take_waits_for_it_and_costs_no_attempt(
    start_sidecar: StartSidecar, consumer: Consumer
) -> None:
    publisher = start_sidecar("chat-api")
    start_sidecar("audit-logger", consumer.port)
    await drain(publisher, consumer)
    one = event()
    consumer.held = frozenset([one["id"]])
    await publish(publisher, CREATED, [one])
    await eventually(lambda: consumer.of(one["id"]))
    consumer.healthy = False
    await eventually(lambda: consumer.cancelled, within=15)
    consumer.release()
    await asyncio.sleep(2)
    assert not consumer.of(one["id"], path="/internal/events/dead-letters")
    consumer.healthy = True
    await eventually(lambda: len(consumer.of(one["id"])) >= 2, within=20)
    await asyncio.sleep(1)
    assert not consumer.of(one["id"], path="/internal/events/dead-letters")
