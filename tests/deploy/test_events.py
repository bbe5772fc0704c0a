"""The event path on a cluster: sidecars, topics and credentials are those of platform/, wherever Kafka runs."""

import pytest
import yaml

from e2e.rig import manifests
from e2e.rig.topics import declared
from tests.deploy.rendering import (
    CLOUDS,
    OVERLAYS,
    ROOT,
    SERVICES,
    SIDECAR,
    Manifest,
    annotations,
    container,
    environment,
    labels,
    overlay,
    pod_labels,
)

places = pytest.mark.parametrize("place", OVERLAYS)


def metadata(component: Manifest) -> dict[str, object]:
    return {one["name"]: one.get("value", one.get("secretKeyRef")) for one in component["spec"]["metadata"]}


@places
def test_every_service_has_its_sidecar_as_platform_says(place: str) -> None:
    [shared] = manifests.read("dapr", "sidecar", "annotations.yaml")
    common = shared["spec"]["template"]["metadata"]["annotations"]
    for name in SERVICES:
        workload = overlay(place, "phase-v").service(name)
        said = annotations(workload)
        assert labels(workload)[SIDECAR] == "dapr"
        assert said["dapr.io/app-id"] == name
        differing = {key for key, value in common.items() if key.startswith("dapr.io/") and said[key] != value}
        allowed = {"dapr.io/block-shutdown-duration"} if place in CLOUDS else set[str]()
        if name == "chat-api":
            allowed.add("dapr.io/sidecar-readiness-probe-threshold")
        assert differing <= allowed
        assert said["dapr.io/app-port"] == str(container(workload)["ports"][0]["containerPort"])


@places
def test_service_and_sidecar_are_told_the_same_tokens(place: str) -> None:
    for name in SERVICES:
        workload = overlay(place, "phase-v").service(name)
        said, told = annotations(workload), environment(container(workload))
        assert told["TASKFLOW_API_TOKEN"] == {
            "secretKeyRef": {"name": said["dapr.io/app-token-secret"], "key": "token"}
        }
        assert told["DAPR_API_TOKEN"] == {"secretKeyRef": {"name": said["dapr.io/api-token-secret"], "key": "token"}}


@places
def test_neither_service_nor_sidecar_asks_the_api_server(place: str) -> None:
    """No pod has a token for it; the components' secrets come from Dapr's operator."""
    for name in SERVICES:
        said = annotations(overlay(place, "phase-v").service(name))
        assert said["dapr.io/disable-builtin-k8s-secret-store"] == "true"


@places
def test_each_pod_of_the_notification_service_is_a_group_of_its_own(place: str) -> None:
    rendered = overlay(place, "phase-v")
    component = metadata(rendered.one("Component", "taskflow-pubsub-broadcast"))
    assert (component["consumerGroup"], component["initialOffset"]) == ("{podName}", "newest")
    workload = rendered.service("notification-service")
    assert workload["kind"] == "StatefulSet", "names that come again keep the groups few"
    assert workload["spec"]["podManagementPolicy"] == "Parallel"
    headless = rendered.one("Service", workload["spec"]["serviceName"])
    assert headless["spec"]["clusterIP"] == "None"
    assert headless["spec"]["selector"].items() <= pod_labels(workload).items()


@places
def test_the_platform_directory_is_the_only_source(place: str) -> None:
    """Components, subscriptions and policies reach the cluster as platform/ has them, brokers and credentials aside."""
    rendered = overlay(place, "phase-v")
    changed = {"brokers", "authType", "disableTls", "saslMechanism", "saslUsername", "saslPassword"}
    for wanted in manifests.read("dapr", "components"):
        found = metadata(rendered.one("Component", wanted["metadata"]["name"]))
        ours = manifests.metadata_of(wanted)
        assert found.keys() - changed == ours.keys() - changed
        assert all(found[key] == value for key, value in ours.items() if key not in changed)
    for wanted in [*manifests.read("dapr", "subscriptions"), *manifests.read("dapr", "resiliency.yaml")]:
        found = rendered.one(wanted["kind"], wanted["metadata"]["name"])
        assert (found["spec"], found.get("scopes")) == (wanted["spec"], wanted.get("scopes"))
    configuration = rendered.one("Configuration", "taskflow-config")["spec"]
    [ours] = manifests.read("dapr", "configuration.yaml")
    assert configuration | {"tracing": ours["spec"]["tracing"]} == ours["spec"]


@places
def test_traces_go_where_there_is_a_collector(place: str) -> None:
    rendered = overlay(place, "phase-v")
    tracing = rendered.one("Configuration", "taskflow-config")["spec"].get("tracing")
    collectors = [one for one in rendered.of_kind("Service") if one["metadata"]["name"] == "taskflow-otel-collector"]
    assert bool(tracing) == bool(collectors)
    for name in SERVICES:
        told = environment(container(rendered.service(name)))
        assert ("OTEL_EXPORTER_OTLP_ENDPOINT" in told) == bool(collectors)


@places
def test_topics_are_applied_as_declared(place: str) -> None:
    rendered = overlay(place, "phase-v")
    data = dict(rendered.one("ConfigMap", "taskflow-kafka-topics")["data"])
    lines = [line.split() for line in data["topics"].splitlines()]
    assert lines == [[topic.name, str(topic.partitions)] for topic in declared()]
    copies = (data["replication.factor"], data["min.insync.replicas"])
    assert copies == (("3", "2") if place in CLOUDS else ("1", "1")), "one broker can keep one copy"
    assert int(data["retention.ms"]) >= 14 * 86_400_000
    job = rendered.one("Job", "taskflow-kafka-topics")
    [topics] = [one for one in job["spec"]["template"]["spec"]["volumes"] if one["name"] == "topics"]
    assert topics["configMap"]["name"] == "taskflow-kafka-topics"


@places
def test_a_jobs_template_is_the_same_in_every_release(place: str) -> None:
    """Kubernetes refuses to change one: neither our image nor the content of a ConfigMap may be in its name."""
    for job in overlay(place, "phase-v").of_kind("Job"):
        text = yaml.safe_dump(job["spec"]["template"])
        assert "taskflow:" not in text
        for one in job["spec"]["template"]["spec"]["volumes"]:
            if "configMap" in one:
                assert one["configMap"]["name"] in {
                    "taskflow-kafka-topics",
                    "taskflow-kafka-apply-topics",
                    "taskflow-secrets",
                }


def brokers(place: str) -> set[object]:
    return {metadata(one)["brokers"] for one in overlay(place, "phase-v").of_kind("Component")}


def test_kafka_in_the_cluster_is_where_sidecars_look() -> None:
    rendered = overlay("minikube", "phase-v")
    assert brokers("minikube") == {"taskflow-kafka:9092"}
    service = rendered.one("Service", "taskflow-kafka")
    assert service["spec"]["ports"][0]["port"] == 9092
    assert service["spec"]["selector"].items() <= pod_labels(rendered.one("StatefulSet", "taskflow-kafka")).items()
    for name in SERVICES:
        waiting = container(rendered.service(name), "await-kafka")
        assert "taskflow-kafka" in waiting["command"][-1]
    config = [one for one in rendered.of_kind("ConfigMap") if "server.properties" in one["data"]]
    assert "auto.create.topics.enable=false" in config[0]["data"]["server.properties"]


@pytest.mark.parametrize("place", CLOUDS)
def test_managed_kafka_is_reached_with_credentials_over_tls(place: str) -> None:
    rendered = overlay(place, "phase-v")
    [settings] = yaml.safe_load_all((ROOT / f"kustomize/overlays/{place}/settings/settings.yaml").read_text())
    job = environment(container(rendered.one("Job", "taskflow-kafka-topics"), "topics"))
    assert brokers(place) == {settings["data"]["brokers"]} == {job["KAFKA_BROKERS"]}
    for component in rendered.of_kind("Component"):
        found = metadata(component)
        assert (found["authType"], found["disableTls"]) == ("password", "false")
        assert found["saslUsername"] == {"name": "taskflow-kafka", "key": "username"}
        assert found["saslPassword"] == {"name": "taskflow-kafka", "key": "password"}
        assert found["saslMechanism"] == settings["data"]["saslMechanism"]
    assert job["KAFKA_PASSWORD"] == {"secretKeyRef": {"name": "taskflow-kafka", "key": "password"}}
    assert job["KAFKA_SASL_MECHANISM"] == settings["data"]["toolsSaslMechanism"]
    assert not [one for one in rendered.of_kind("StatefulSet") if one["metadata"]["name"] == "taskflow-kafka"]


def test_services_may_call_what_they_call() -> None:
    """The paths that access control lets through are those in the callers' code."""
    import inspect

    from chat_api.export.trail import AskedTrail
    from recurring_task_processor.chat_api import Occurrences

    [configuration] = manifests.read("dapr", "configuration.yaml")
    control = configuration["spec"]["accessControl"]
    assert control["defaultAction"] == "deny"
    callers = {"recurring-task-processor": Occurrences, "chat-api": AskedTrail}
    assert [policy["appId"] for policy in control["policies"]] == list(callers)
    for policy in control["policies"]:
        assert (policy["namespace"], policy["defaultAction"]) == ("taskflow", "deny")
        [operation] = policy["operations"]
        assert f'"{operation["name"]}"' in inspect.getsource(callers[policy["appId"]])
        assert (operation["httpVerb"], operation["action"]) == (["POST"], "allow")
