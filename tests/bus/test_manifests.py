"""platform/ and the code agree on topics, groups, scopes and routes; the manifests keep what the design promises."""

import importlib
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from e2e.rig import manifests, resources, topics
from taskflow_core.bus.dapr.routes import DEAD_LETTERS, EVENTS
from taskflow_core.bus.port import Subscription
from taskflow_core.database.pool import Database
from taskflow_core.domain.clock import SystemClock
from taskflow_core.events.topics import (
    ACCOUNT_SECURITY,
    ALL_TOPICS,
    AUDIT_LOGGER,
    CHAT_API,
    NOTIFICATION_SERVICE,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
    REMINDER_TRIGGERED,
    TASK_TOPICS,
    ServiceName,
)
from taskflow_core.service.composition import Runtime
from taskflow_core.settings import Settings

SERVICES: tuple[ServiceName, ...] = (
    CHAT_API,
    RECURRING_TASK_PROCESSOR,
    REMINDER_SERVICE,
    NOTIFICATION_SERVICE,
    AUDIT_LOGGER,
)
PUBLISHES: Mapping[str, tuple[str, ...]] = {
    CHAT_API: (*TASK_TOPICS, ACCOUNT_SECURITY),
    REMINDER_SERVICE: (REMINDER_TRIGGERED,),
}
FOURTEEN_DAYS_MS = 14 * 86_400_000

MAIN, BROADCAST, DEAD = "taskflow-pubsub", "taskflow-pubsub-broadcast", "taskflow-pubsub-dead-letters"


def settings() -> Settings:
    return Settings(
        database_url="postgresql://nowhere/db",
        auth_secret="s" * 32,
        api_token="t" * 32,
        audit_encryption_keys=("k" * 32,),
    )


@pytest.fixture
def subscriptions() -> dict[str, list[Subscription]]:
    """What each service's code subscribes to."""
    runtime = Runtime(
        settings=settings(),
        database=Database(settings().database_url),
        clock=SystemClock(),
        chat_api=httpx.AsyncClient(base_url="http://chat-api"),
    )
    return {
        name: list(importlib.import_module(f"{name.replace('-', '_')}.app").create_service(runtime).subscriptions)
        for name in SERVICES
    }


def components() -> dict[str, dict[str, Any]]:
    return {component["metadata"]["name"]: component for component in manifests.read("dapr", "components")}


def scopes(component: dict[str, Any], kind: str) -> dict[str, set[str]]:
    """`publishingScopes` or `subscriptionScopes`: each app's topics."""
    text = manifests.metadata_of(component).get(kind, "").replace(" ", "")
    return {app: set(its.split(",")) for app, its in (part.split("=") for part in text.split(";") if part)}


def dead_letter_topic(group: str) -> str:
    return f"taskflow.dead-letter.{group}"


def durable(subscriptions: Mapping[str, list[Subscription]]) -> dict[str, set[str]]:
    """Groups that keep what they have not handled, with their topics."""
    groups: dict[str, set[str]] = {}
    for its in subscriptions.values():
        for subscription in its:
            if not subscription.broadcast:
                groups.setdefault(subscription.group, set()).update(subscription.topics)
    return groups


def test_every_topic_is_declared_and_no_other(subscriptions: dict[str, list[Subscription]]) -> None:
    wanted = {*ALL_TOPICS, *map(dead_letter_topic, durable(subscriptions))}
    assert {topic.name for topic in topics.declared()} == wanted


def test_topics_outlive_two_weeks_and_the_loss_of_a_broker() -> None:
    for topic in topics.declared():
        assert int(topic.settings["retention.ms"]) >= FOURTEEN_DAYS_MS
        assert topic.replication == 3
        assert topic.settings["min.insync.replicas"] == "2"
        assert topic.partitions >= 1
    assert all(topic.partitions > 1 for topic in topics.declared() if topic.name in ALL_TOPICS)


def test_each_service_may_publish_its_own_topics_and_its_dead_letters_and_no_more(
    subscriptions: dict[str, list[Subscription]],
) -> None:
    wanted = {app: set(its) for app, its in PUBLISHES.items()}
    for group in durable(subscriptions):
        wanted.setdefault(group, set()).add(dead_letter_topic(group))
    assert scopes(components()[MAIN], "publishingScopes") == wanted
    assert scopes(components()[BROADCAST], "publishingScopes") == {}
    assert scopes(components()[DEAD], "publishingScopes") == {}


def test_each_service_may_consume_what_its_code_handles_and_no_more(
    subscriptions: dict[str, list[Subscription]],
) -> None:
    groups = durable(subscriptions)
    streams = {s.group: set(s.topics) for its in subscriptions.values() for s in its if s.broadcast}
    assert scopes(components()[MAIN], "subscriptionScopes") == groups
    assert scopes(components()[BROADCAST], "subscriptionScopes") == streams
    assert scopes(components()[DEAD], "subscriptionScopes") == {g: {dead_letter_topic(g)} for g in groups}


@pytest.mark.parametrize("name", [MAIN, BROADCAST, DEAD])
def test_a_service_without_a_scope_may_do_nothing(name: str) -> None:
    component = components()[name]
    metadata = manifests.metadata_of(component)
    used = {
        topic
        for kind in ("publishingScopes", "subscriptionScopes")
        for its in scopes(component, kind).values()
        for topic in its
    }
    for kind in ("allowedTopics", "protectedTopics"):
        assert set(metadata[kind].replace(" ", "").split(",")) == used
    apps = {app for kind in ("publishingScopes", "subscriptionScopes") for app in scopes(component, kind)}
    assert set(component["scopes"]) == apps


def test_the_groups_are_those_of_the_code(subscriptions: dict[str, list[Subscription]]) -> None:
    for app, its in subscriptions.items():
        assert {subscription.group for subscription in its} <= {app}, "a group is its service's app id"
    metadata = {name: manifests.metadata_of(component) for name, component in components().items()}
    assert (metadata[MAIN]["consumerGroup"], metadata[MAIN]["initialOffset"]) == ("{appID}", "oldest")
    assert (metadata[BROADCAST]["consumerGroup"], metadata[BROADCAST]["initialOffset"]) == ("{podName}", "newest")
    assert metadata[DEAD]["initialOffset"] == "oldest"


def test_subscriptions_are_those_of_the_code(subscriptions: dict[str, list[Subscription]]) -> None:
    declared = {
        (one["scopes"][0], one["spec"]["pubsubname"], one["spec"]["topic"]): one["spec"]
        for one in manifests.read("dapr", "subscriptions")
    }
    wanted: dict[tuple[str, str, str], tuple[str, str | None]] = {}
    for app, its in subscriptions.items():
        for subscription in its:
            for topic in subscription.topics:
                if subscription.broadcast:
                    wanted[app, BROADCAST, topic] = (EVENTS, None)
                else:
                    wanted[app, MAIN, topic] = (EVENTS, dead_letter_topic(app))
    for group in durable(subscriptions):
        wanted[group, DEAD, dead_letter_topic(group)] = (DEAD_LETTERS, None)
    assert {key: (spec["routes"]["default"], spec.get("deadLetterTopic")) for key, spec in declared.items()} == wanted
    for (app, pubsub, _), spec in declared.items():
        assert spec["bulkSubscribe"]["enabled"]
        assert spec.get("metadata", {}).get("rawPayload") == ("true" if pubsub == DEAD else None)
        for subscription in subscriptions[app]:
            assert spec["bulkSubscribe"]["maxMessagesCount"] == subscription.max_batch
    assert all(len(one["scopes"]) == 1 for one in manifests.read("dapr", "subscriptions"))


def test_three_attempts_then_the_dead_letters_and_no_breaker_on_the_way_in() -> None:
    [policy] = manifests.read("dapr", "resiliency.yaml")
    retries = policy["spec"]["policies"]["retries"]
    assert set(policy["spec"]["targets"]["components"]) == set(components())
    for name, target in policy["spec"]["targets"]["components"].items():
        inbound = target["inbound"]
        assert "circuitBreaker" not in inbound
        assert "timeout" in inbound
        if name != DEAD:
            retry = retries[inbound["retry"]]
            assert (retry["policy"], retry["maxRetries"] + 1) == ("exponential", settings().dead_letter_after)


def test_no_credential_is_written_down() -> None:
    [auth_type] = manifests.read("dapr", "sasl-tls", "auth-type.yaml")
    assert auth_type["data"] == {"authType": "password"}
    [variant] = manifests.read("dapr", "sasl-tls", "kustomization.yaml")
    secrets = [
        line for line in variant["patches"][0]["patch"].splitlines() if "sasl" in line and "Mechanism" not in line
    ]
    assert secrets
    assert all("secretKeyRef" in line for line in secrets)


def test_a_service_that_is_not_ready_gets_no_events() -> None:
    flags = resources.sidecar_flags()
    assert "--enable-app-health-check" in flags
    assert "--app-health-check-path=/health/ready" in flags
