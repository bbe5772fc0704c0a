"""The component `mail`: chat-api of Phase V is told of a mail server and may reach it; nothing else changes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from taskflow_core.settings import load
from tests.deploy.rendering import (
    CLOUDS,
    NAME,
    PHASE,
    ROOT,
    Id,
    Rendered,
    container,
    environment,
    labels,
    overlay,
    render_at,
)

SECRET = {"TASKFLOW_SMTP_URL", "TASKFLOW_MAIL_FROM"}


def with_mail(directory: Path, place: str, *components: str) -> Rendered:
    """An overlay of one's own on top of the project's, as docs/deploying.md shows it."""
    parts = [f"../{ROOT.name}/kustomize/components/{name}" for name in components]
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "taskflow",
        "resources": [f"../{ROOT.name}/kustomize/overlays/{place}/phase-v"],
        "components": parts,
    }
    (directory / ROOT.name).symlink_to(ROOT)
    (directory / "own").mkdir()
    (directory / "own" / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return render_at(directory / "own")


@pytest.mark.parametrize("place", CLOUDS)
def test_mail_is_one_secret_one_policy_and_two_variables_of_chat_api(place: str, tmp_path: Path) -> None:
    before, after = overlay(place, "phase-v"), with_mail(tmp_path, place, "mail", "mail/external-secret")
    added = after.keys() - before.keys()
    assert {(one.kind, one.name) for one in added} == {
        ("NetworkPolicy", "chat-api-to-mail"),
        ("ExternalSecret", "taskflow-mail"),
    }
    changed = {key for key in before if after[key] != before[key]}
    assert changed == {Id("apps", "Deployment", "chat-api")}
    added_variables: dict[str, Any] = environment(container(after.service("chat-api")))
    for name in environment(container(before.service("chat-api"))):
        del added_variables[name]
    assert added_variables == {name: {"secretKeyRef": {"name": "taskflow-mail", "key": name}} for name in SECRET}
    # Fetched as every other Secret is.
    other, fetched = after.one("ExternalSecret", "taskflow-audit"), after.one("ExternalSecret", "taskflow-mail")
    assert fetched["spec"] == yaml.safe_load(yaml.safe_dump(other["spec"]).replace("taskflow-audit", "taskflow-mail"))
    assert fetched["metadata"]["labels"] == other["metadata"]["labels"]


def test_only_chat_api_reaches_mail_servers_and_a_rollback_takes_that_away(tmp_path: Path) -> None:
    policy = with_mail(tmp_path, "gke", "mail").one("NetworkPolicy", "chat-api-to-mail")
    assert policy["spec"]["podSelector"] == {"matchLabels": {NAME: "chat-api"}}
    assert policy["spec"]["policyTypes"] == ["Egress"]
    [rule] = policy["spec"]["egress"]
    assert {one["port"] for one in rule["ports"]} == {465, 587, 2525}
    assert labels(policy)[PHASE] == "v"


@pytest.mark.parametrize("place", CLOUDS)
def test_the_settings_are_ones_that_a_service_starts_with(place: str, tmp_path: Path) -> None:
    rendered = with_mail(tmp_path, place, "mail")
    told = {key: value for config in rendered.of_kind("ConfigMap") for key, value in config.get("data", {}).items()}
    secrets = {
        "TASKFLOW_DATABASE_URL": "postgresql://app:x@db/taskflow",
        "BETTER_AUTH_SECRET": "s" * 32,
        "TASKFLOW_API_TOKEN": "t" * 32,
        "TASKFLOW_SMTP_URL": "smtp://user:pass%40word@smtp.example.com:587",
        "TASKFLOW_MAIL_FROM": "TaskFlow <tasks@example.com>",
    }
    settings = load({key: str(value) for key, value in told.items()} | secrets)
    assert settings.smtp_url
    assert settings.public_origin, "links lead somewhere"
