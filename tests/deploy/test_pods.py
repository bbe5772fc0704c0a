"""What every pod promises: it runs confined, says how it is, asks for little, and ends in order."""

import pytest

from tests.deploy.rendering import (
    OVERLAYS,
    PHASES,
    SERVICES,
    WORKLOADS,
    Manifest,
    annotations,
    container,
    containers,
    environment,
    overlay,
    pod,
)

everywhere = pytest.mark.parametrize(("place", "phase"), [(place, phase) for place in OVERLAYS for phase in PHASES])
services = pytest.mark.parametrize("service", SERVICES)

# `restricted`, of the Pod Security Standards: what volumes may be.
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def workloads(place: str, phase: str) -> list[Manifest]:
    return overlay(place, phase).of_kind(*WORKLOADS)


def seconds(text: str) -> int:
    assert text.endswith("s")
    return int(text[:-1])


@everywhere
def test_the_namespace_refuses_what_is_not_confined(place: str, phase: str) -> None:
    namespace = overlay(place, phase).one("Namespace", "taskflow")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@everywhere
def test_every_container_is_confined(place: str, phase: str) -> None:
    for workload in workloads(place, phase):
        spec = pod(workload)
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        for volume in spec.get("volumes", []):
            assert volume.keys() - {"name"} <= VOLUMES
        for one in containers(workload):
            context = one["securityContext"]
            user = context.get("runAsUser", spec["securityContext"].get("runAsUser"))
            assert user, f"{one['name']}: by number, so that Kubernetes can tell that it is not root"
            assert context["allowPrivilegeEscalation"] is False
            assert context["readOnlyRootFilesystem"] is True
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert "privileged" not in context
            assert not any("hostPort" in port for port in one.get("ports", []))


@everywhere
def test_every_container_says_what_it_needs(place: str, phase: str) -> None:
    for workload in workloads(place, phase):
        for one in containers(workload):
            assert {"cpu", "memory"} <= one["resources"]["requests"].keys(), one["name"]
            assert "memory" in one["resources"]["limits"], one["name"]


@everywhere
def test_nobody_has_an_account_that_may_anything(place: str, phase: str) -> None:
    """Each workload has an account of its own without a token; one alone may ask the API server, for Secrets."""
    rendered = overlay(place, phase)
    accounts = [pod(workload)["serviceAccountName"] for workload in workloads(place, phase)]
    assert len(accounts) == len(set(accounts))
    assert "default" not in accounts
    for workload in workloads(place, phase):
        name = workload["metadata"]["name"]
        assert pod(workload)["serviceAccountName"] == name
        assert pod(workload).get("automountServiceAccountToken", True) == (name == "taskflow-secrets")
        assert pod(workload)["enableServiceLinks"] is False
    roles = rendered.of_kind("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
    assert {(one["kind"], one["metadata"]["name"]) for one in roles} <= {
        ("Role", "taskflow-secrets"),
        ("RoleBinding", "taskflow-secrets"),
    }
    for role in rendered.of_kind("Role"):
        assert [(rule["verbs"], rule.get("resourceNames")) for rule in role["rules"]] == [
            (["create"], None),
            (["get"], ["taskflow-postgres"]),
        ]


@pytest.mark.parametrize("place", OVERLAYS)
@services
def test_probes(place: str, service: str) -> None:
    app = container(overlay(place, "phase-v").service(service))
    startup, live, ready = app["startupProbe"], app["livenessProbe"], app["readinessProbe"]
    assert startup["httpGet"] == {"path": "/health/startup", "port": "http"}
    assert live["httpGet"] == {"path": "/health/live", "port": "http"}
    assert ready["httpGet"] == {"path": "/health/ready", "port": "http"}
    assert startup["periodSeconds"] * startup["failureThreshold"] == 60
    patience = ready["periodSeconds"] * ready["failureThreshold"]
    assert patience == (60 if service == "chat-api" else 15), "chat-api can serve without its sidecar for a minute"
    # Readiness runs checks of up to three seconds.
    assert ready["timeoutSeconds"] > 3


@pytest.mark.parametrize("place", OVERLAYS)
def test_the_sidecar_of_chat_api_has_the_same_patience(place: str) -> None:
    """A pod is ready only while all its containers are."""
    said = annotations(overlay(place, "phase-v").service("chat-api"))
    period = int(said["dapr.io/sidecar-readiness-probe-period-seconds"])
    assert period * int(said["dapr.io/sidecar-readiness-probe-threshold"]) == 60


@everywhere
def test_the_service_has_time_to_stop_and_its_sidecar_after_it(place: str, phase: str) -> None:
    for workload in overlay(place, phase).services():
        *interpreter, program = container(workload)["lifecycle"]["preStop"]["exec"]["command"]
        assert interpreter == ["python3", "-c"], "what every image of ours has, on any Kubernetes"
        slept: list[float] = []
        exec(program.replace("import time; time.sleep", "slept.append"), {"slept": slept})
        [serving_on] = slept
        grace = pod(workload)["terminationGracePeriodSeconds"]
        assert serving_on >= 5, "routers hear of it within seconds"
        assert grace >= serving_on + 10
        said = annotations(workload)
        if phase == "phase-v":
            blocked = seconds(said["dapr.io/block-shutdown-duration"])
            assert blocked >= serving_on + 5, "the service can publish until it has stopped"
            assert grace >= blocked + int(said["dapr.io/graceful-shutdown-seconds"]) + 5
        else:
            assert not any(key.startswith("dapr.io/") for key in said)


@pytest.mark.parametrize("place", OVERLAYS)
@services
def test_each_is_told_its_own_job(place: str, service: str) -> None:
    workload = overlay(place, "phase-v").service(service)
    assert container(workload)["args"] == ["serve", service]
    assert [one["name"] for one in pod(workload)["containers"]] == ["app"]


@pytest.mark.parametrize("place", OVERLAYS)
def test_chat_api_migrates_and_the_others_wait(place: str) -> None:
    for phase in PHASES:
        for workload in overlay(place, phase).services():
            name = workload["metadata"]["name"]
            one = container(workload, "database")
            assert one["args"][:2] == ["db", "upgrade" if name == "chat-api" else "wait"]
            assert ("TASKFLOW_MIGRATION_DATABASE_URL" in environment(one)) == (name == "chat-api")
            assert "TASKFLOW_MIGRATION_DATABASE_URL" not in environment(container(workload)), "services own no table"


@pytest.mark.parametrize("place", OVERLAYS)
def test_a_rolling_update_takes_nothing_away(place: str) -> None:
    for workload in overlay(place, "phase-v").of_kind("Deployment"):
        if workload["metadata"]["name"] in SERVICES:
            assert workload["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@everywhere
def test_settings_are_ones_there_are(place: str, phase: str) -> None:
    """A variable that nothing reads is a mistake in a name."""
    from taskflow_core.settings import declared

    known = {variable.name for variable in declared().values()}
    rendered = overlay(place, phase)
    [config] = [one for one in rendered.of_kind("ConfigMap") if one["metadata"]["name"].startswith("taskflow-config-")]
    assert config["data"].keys() <= known
    for workload in rendered.services():
        for name in ("app", "database"):
            assert environment(container(workload, name)).keys() <= known


def test_the_deployed_release_starts_with_what_it_is_given() -> None:
    """The environment of each pod, with something in place of each secret, is one that a service accepts."""
    from taskflow_core.settings import load

    rendered = overlay("minikube", "phase-v")
    [config] = [one for one in rendered.of_kind("ConfigMap") if one["metadata"]["name"].startswith("taskflow-config-")]
    for workload in rendered.services():
        told = {
            name: value if isinstance(value, str) else "a-secret-that-is-long-enough-for-its-use"
            for name, value in environment(container(workload)).items()
        }
        settings = load(config["data"] | told)
        assert (settings.phase, settings.bus, settings.host) == ("v", "dapr", "0.0.0.0")
        assert settings.chat_api_url is None, "the processor goes by its sidecar"
    for workload in overlay("minikube", "phase-iv").services():
        assert environment(container(workload))["TASKFLOW_PHASE"] == "iv"
