"""Whom Phase IV admits though they were signed out: it goes by a token's signature and end, and knows no revocation."""

from taskflow_core.service.revocations.counting import Revoked
from taskflow_ops.errors import OpsError
from taskflow_ops.operation import Operation
from taskflow_ops.platform import Platform

_REMEDY = """\
A new secret is the remedy; it ends every other session as well. Give the Secret taskflow-auth another
BETTER_AUTH_SECRET where it comes from (kustomize/README.md), then, as in docs/security.md:
  kubectl -n {namespace} rollout restart deployment,statefulset -l app.kubernetes.io/component=service"""


def ask_revoked(platform: Platform) -> Revoked | str:
    """What is revoked; or why that cannot be told, which must not hold up the way back."""
    try:
        return platform.revoked()
    except OpsError as error:
        return str(error)


def tell_revoked(operation: Operation, found: Revoked | str, namespace: str) -> None:
    """Say what Phase IV admits of it, and what can be done about it."""
    if isinstance(found, str):
        operation.say(
            "How many sessions that were ended Phase IV admits again is not known; a token counts until its own end, "
            f"7 days at most.\n{_REMEDY.format(namespace=namespace)}\nNot asked: {found}"
        )
    elif found.nothing:
        operation.say("nothing is revoked that Phase IV would admit")
    else:
        operation.say(
            f"Phase IV admits what was revoked: {found}. Each of their tokens counts until its own end, "
            f"7 days at most.\n{_REMEDY.format(namespace=namespace)}"
        )
