"""docs/operations.md keeps its word: rights, options, alerts and names are those there are."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from taskflow_cli.main import main
from taskflow_ops import conventions
from taskflow_ops.manifests import Manifests
from taskflow_ops.preflight import preflight_pod
from tests.deploy.rendering import OVERLAYS, PHASES, overlay
from tests.deploy.test_rendering import SIDECARS, schema

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs/operations.md").read_text()
PLURALS: Final = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies", "Resiliency": "resiliencies"}


def rules() -> list[dict[str, Any]]:
    """The rules of the Role and the ClusterRole on the page."""
    block = re.search(r"```yaml\n(apiVersion: rbac.*?)```", PAGE, re.DOTALL)
    assert block is not None
    return [rule for document in yaml.safe_load_all(block.group(1)) for rule in document["rules"]]


def allowed(group: str, plural: str) -> set[str]:
    """The verbs that an operator has on a kind."""
    return {
        verb
        for rule in rules()
        if group in rule["apiGroups"] and (plural in rule["resources"] or "*" in rule["resources"])
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("place", OVERLAYS)
@pytest.mark.parametrize("phase", PHASES)
def test_the_role_allows_what_applying_and_taking_away_needs(place: str, phase: str) -> None:
    lacking: list[str] = []
    for manifest in overlay(place, phase).values():
        group, _, _ = manifest["apiVersion"].rpartition("/")
        kind = manifest["kind"]
        if kind in ("Namespace", "Role", "RoleBinding"):
            continue  # made at the first installation, by an administrator; then found unchanged
        needed = {"get", "create", "patch"}
        if manifest["metadata"].get("labels", {}).get(conventions.PHASE) == "v":
            needed |= {"list", "delete"}
        plural = PLURALS.get(kind, f"{kind.lower()}s")
        if missing := needed - allowed(group, plural):
            lacking.append(f"{plural}: {', '.join(sorted(missing))}")
    assert lacking == []


@pytest.mark.parametrize("action", ["rollback", "rollforward", "isolate", "status", "smoke"])
def test_options_on_the_page_are_options_of_the_command(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ops", action, "--help"])
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    used = {option for line in re.findall(rf"^taskflow ops {action}.*$", PAGE, re.MULTILINE) for option in
            re.findall(r"--[a-z-]+", line.split("#")[0])}  # fmt: skip
    assert used <= known


def test_every_option_of_the_rollback_is_told() -> None:
    table = {option for row in re.findall(r"^\| `(--.*?)` \|", PAGE, re.MULTILINE) for option in row.split()[:1]}
    assert table >= {"--image", "--phase-iv-image", "--url", "--force", "--within", "--dry-run"}


def test_names_are_those_of_the_manifests() -> None:
    agreed = (ROOT / "kustomize/README.md").read_text()
    names = (*conventions.SERVICES, conventions.NAMESPACE, conventions.APP, conventions.NAME, conventions.PHASE)
    assert [name for name in (*names, conventions.SIDECAR) if f"`{name}" not in agreed] == []


@pytest.mark.parametrize("place", OVERLAYS)
@pytest.mark.parametrize("phase", PHASES)
def test_the_pod_that_looks_beforehand_is_one_that_kubernetes_takes(place: str, phase: str) -> None:
    """It reaches the database as chat-api does, is confined as chat-api is, and gets none of its requests."""
    rendered = overlay(place, phase)
    pod = preflight_pod(Manifests([dict(manifest) for manifest in rendered.values()]))
    wrong = [error.message for error in schema(SIDECARS, "v1", "Pod").iter_errors(pod)]
    assert not wrong, "\n".join(wrong)
    chat_api = rendered.service("chat-api")
    assert not chat_api["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "service", "what policies let to the database"
    assert "app.kubernetes.io/part-of" not in pod["metadata"]["labels"], "nothing scrapes it"
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    for one in pod["spec"]["containers"]:
        assert one["securityContext"]["allowPrivilegeEscalation"] is False
    variables = {variable["name"] for variable in pod["spec"]["containers"][0]["env"]}
    assert "TASKFLOW_MIGRATION_DATABASE_URL" in variables
    assert [one["name"] for one in pod["spec"]["initContainers"]] == (["cloud-sql-proxy"] if place == "gke" else [])
