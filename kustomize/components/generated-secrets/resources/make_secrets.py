"""Makes the Secrets that are not there, with random values, in the namespace it runs in. Needs Python and nothing else.

kustomize/README.md lists them. The passwords of PostgreSQL come first: the database's addresses are written with them.
"""

import base64
import json
import os
import secrets
import ssl
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DATABASE = "taskflow-postgres:5432/taskflow"
LABELS = {"app.kubernetes.io/part-of": "taskflow", "taskflow.dev/lifecycle": "retained"}

CREATED, CONFLICT = 201, 409


def main() -> None:
    """One Secret after another; what exists is left as it is."""
    passwords = {name: secrets.token_hex(24) for name in ("admin-password", "owner-password", "app-password")}
    if not create("taskflow-postgres", passwords):
        passwords = read("taskflow-postgres")
    owner, app = passwords["owner-password"], passwords["app-password"]
    create("taskflow-database", {"TASKFLOW_DATABASE_URL": f"postgresql://taskflow_app:{app}@{DATABASE}"})
    create(
        "taskflow-database-migration",
        {"TASKFLOW_MIGRATION_DATABASE_URL": f"postgresql://taskflow_owner:{owner}@{DATABASE}"},
    )
    create("taskflow-auth", {"BETTER_AUTH_SECRET": secrets.token_hex(32)})
    create("taskflow-app-token", {"token": secrets.token_hex(32)})
    create("taskflow-sidecar-token", {"token": secrets.token_hex(32)})
    create("taskflow-audit", {"TASKFLOW_AUDIT_SIGNING_KEY": secrets.token_hex(32)})
    create("taskflow-audit-encryption", {"TASKFLOW_AUDIT_ENCRYPTION_KEY": secrets.token_hex(32)})


def create(name: str, values: dict[str, str]) -> bool:
    """Makes a Secret. False where there is one of that name already."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": LABELS},
        "type": "Opaque",
        "stringData": values,
    }
    status, _ = call("POST", "", secret)
    sys.stdout.write(f"{name}: {'made' if status == CREATED else 'there already'}\n")
    return status == CREATED


def read(name: str) -> dict[str, str]:
    """A Secret's values."""
    _, secret = call("GET", f"/{name}")
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def call(method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
    """Asks the API server about the Secrets of this namespace. Raises urllib.error.HTTPError but for a conflict."""
    server = f"{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT_HTTPS']}"
    namespace = (ACCOUNT / "namespace").read_text()
    request = urllib.request.Request(  # https, to the cluster's own API server
        f"https://{server}/api/v1/namespaces/{namespace}/secrets{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}", "Content-Type": "application/json"},
    )
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    try:
        with urllib.request.urlopen(request, timeout=30, context=trust) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == CONFLICT:
            return error.code, {}
        raise


if __name__ == "__main__":
    main()
