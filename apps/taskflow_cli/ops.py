"""Operations on a cluster: roll back to Phase IV, roll forward again, isolate a component, ask how all is, smoke-test.

They need kubectl, its configuration, and the extra `ops`. docs/operations.md explains them, and the rights they need.
"""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from taskflow_cli.main import UserError

if TYPE_CHECKING:
    from taskflow_ops.cluster import Cluster
    from taskflow_ops.kubectl import Kubectl
    from taskflow_ops.manifests import Images
    from taskflow_ops.operation import Operation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)

    back = actions.add_parser("rollback", help="go back to Phase IV step by step; the database does not change")
    _target_arguments(back)
    _changes(back, within=300)
    back.add_argument(
        "--drain", type=float, default=20.0, metavar="SECONDS",
        help="wait at most this long for events to reach the audit trail (20); the rest stays in outbox or Kafka",
    )  # fmt: skip
    back.add_argument("--force", action="store_true", help="continue even if chat-api fails the smoke test of step 2")
    back.add_argument(
        "--to-release",
        action="store_true",
        help="go back to the last release of Phase V that passed its tests, not to Phase IV; --image names another",
    )

    forward = actions.add_parser("rollforward", help="go to Phase V, and publish what changed under Phase IV")
    _target_arguments(forward)
    _changes(forward, within=600)

    isolate = actions.add_parser("isolate", help="take failing pods out of their Service, to examine them")
    isolate.add_argument("component", metavar="COMPONENT", help="a service, for example audit-logger")
    _target_arguments(isolate)
    isolate.add_argument("--pod", action="append", default=[], metavar="NAME", help="this pod (default: all not ready)")
    isolate.add_argument("--image", help="run this image from now on, for example a hotfix")
    isolate.add_argument("--undo", action="store_true", help="return isolated pods to their controller")
    _limits(isolate, within=300)

    status = actions.add_parser(
        "status", help="show phase, services and events in one table (exit status 1 unless all is well)"
    )
    _target_arguments(status)
    status.add_argument("--json", action="store_true", help="print one JSON object")

    record = actions.add_parser("record", help="record that the running release of Phase V has passed its tests")
    _target_arguments(record)
    record.add_argument("--revision", default="", help="the commit of its overlay")

    noted = actions.add_parser("releases", help="list the releases that passed, the newest first: image, commit, time")
    _target_arguments(noted)
    form = noted.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print a JSON list")
    form.add_argument(
        "--newest",
        choices=["image", "revision"],
        help="print only this of the newest release, if there is one",
    )

    smoke = actions.add_parser("smoke", help="make the calls of a Phase IV client, as a new user (who is not deleted)")
    smoke.add_argument("--url", required=True, help="base address, for example https://tasks.example.com")
    smoke.add_argument(
        "--events",
        action="store_true",
        help="Phase V: also create a task, and check its event on the stream and in the audit trail",
    )


def _target_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--context", required=True, help="the cluster, as a context of kubectl's configuration")
    parser.add_argument("--namespace", default="taskflow", help="the namespace of TaskFlow (taskflow)")


def _changes(parser: argparse.ArgumentParser, *, within: float) -> None:
    parser.add_argument(
        "--overlay", required=True, type=Path, metavar="DIRECTORY",
        help="the overlay to apply, for example kustomize/overlays/gke",
    )  # fmt: skip
    parser.add_argument("--image", help="run this image (default: the overlay's; for rollback the running one)")
    parser.add_argument("--phase-iv-image", metavar="IMAGE", help="run this image as Phase IV (default: the overlay's)")
    _limits(parser, within=within)


def _limits(parser: argparse.ArgumentParser, *, within: float) -> None:
    parser.add_argument("--url", help="address for the smoke test, as of the Ingress (default: through the API server)")
    parser.add_argument(
        "--within", type=float, default=within, metavar="SECONDS", help=f"give up after this time ({within:.0f})"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="let the cluster check every change, and change nothing; print what would change",
    )


def run(arguments: argparse.Namespace) -> int:
    from taskflow_ops.errors import OpsError

    try:
        match arguments.action:
            case "status":
                return _status(arguments)
            case "smoke":
                return _smoke(arguments)
            case "record" | "releases":
                return _releases(arguments)
            case _:
                return _operate(arguments)
    except OpsError as error:
        raise UserError(str(error)) from error


def _operate(arguments: argparse.Namespace) -> int:
    from taskflow_ops.errors import OpsError
    from taskflow_ops.kubectl import Kubectl
    from taskflow_ops.operation import Operation
    from taskflow_ops.operation_lock import OperationLock

    cluster = _cluster(arguments)
    kubectl = Kubectl(arguments.context, arguments.namespace, dry_run=arguments.dry_run)
    lock = OperationLock(cluster, arguments.action)
    operation = Operation(_say, within=arguments.within, dry_run=arguments.dry_run, may_go_on=lock.require)
    action = _operation(arguments)
    try:
        with nullcontext() if arguments.dry_run else lock.held(_say):
            action(operation, cluster, kubectl)
    except OpsError as error:
        raise OpsError(
            f"{error}\nThe same command goes on from here; `taskflow ops status` says how all is."
        ) from error
    done = {"rollback": "Rolled back to Phase IV", "rollforward": "Rolled forward to Phase V"}
    if getattr(arguments, "to_release", False):
        done["rollback"] = "Rolled back by one release"
    what = "Nothing was changed: a dry run" if arguments.dry_run else done.get(arguments.action, "Done")
    print(f"{what}, in {operation.seconds:.1f} s.")
    return 0


def _operation(arguments: argparse.Namespace) -> "Callable[[Operation, Cluster, Kubectl], None]":
    from taskflow_ops.errors import OpsError
    from taskflow_ops.isolate import Isolate, isolate, undo
    from taskflow_ops.rollback import Rollback, rollback
    from taskflow_ops.rollforward import Rollforward, rollforward
    from taskflow_ops.to_release import ToRelease, to_release

    match arguments.action:
        case "rollback" if arguments.to_release:
            if arguments.phase_iv_image:
                raise OpsError("--to-release stays in Phase V; --phase-iv-image is for a rollback to Phase IV.")
            release = ToRelease(overlay=arguments.overlay, image=arguments.image, url=arguments.url)
            return lambda operation, cluster, kubectl: to_release(operation, cluster, kubectl, release)
        case "rollback":
            back = Rollback(
                overlay=arguments.overlay,
                images=_images(arguments),
                url=arguments.url,
                drain_seconds=arguments.drain,
                force=arguments.force,
            )
            return lambda operation, cluster, kubectl: rollback(operation, cluster, kubectl, back)
        case "rollforward":
            forward = Rollforward(overlay=arguments.overlay, images=_images(arguments), url=arguments.url)
            return lambda operation, cluster, kubectl: rollforward(operation, cluster, kubectl, forward)
        case _ if arguments.undo:
            return lambda operation, cluster, _: undo(operation, cluster, arguments.component)
        case _:
            out = Isolate(
                component=arguments.component, pods=tuple(arguments.pod), image=arguments.image, url=arguments.url
            )
            return lambda operation, cluster, _: isolate(operation, cluster, out)


def _images(arguments: argparse.Namespace) -> "Images":
    from taskflow_ops.manifests import Images

    return Images(own=arguments.image, phase_iv=arguments.phase_iv_image)


def _status(arguments: argparse.Namespace) -> int:
    import msgspec

    from taskflow_ops.status import lines, read_status

    found = read_status(_cluster(arguments))
    if arguments.json:
        print(msgspec.json.encode({"well": found.well} | msgspec.to_builtins(found)).decode())
    else:
        print("\n".join(lines(found)))
    return 0 if found.well else 1


def _releases(arguments: argparse.Namespace) -> int:
    import msgspec

    from taskflow_ops.releases import record, releases

    cluster = _cluster(arguments)
    if arguments.action == "record":
        noted = record(cluster, arguments.revision)
        print(f"Noted that {noted.image} has passed its tests.")
        return 0
    found = releases(cluster)
    if arguments.newest:
        print(getattr(found[0], arguments.newest) if found else "")
    elif arguments.json:
        print(msgspec.json.encode(found).decode())
    else:
        lines = [f"{one.image}  {one.revision or '-'}  {one.at}" for one in found]
        print("\n".join(lines) if lines else "No release is noted.")
    return 0


def _smoke(arguments: argparse.Namespace) -> int:
    from taskflow_ops.platform import smoke_at

    report = asyncio.run(smoke_at(arguments.url, events=arguments.events))
    for check in report.checks:
        print(f"{check.seconds * 1000:6.0f} ms  {check.name:<34} {check.problem or 'ok'}")
    stays = f"User {report.user} stays, with one conversation" + (
        ", and one more of the events" if arguments.events else ""
    )
    print(f"{stays}; Phase IV's API can remove none of it.")
    return 0 if report.ok else 1


def _cluster(arguments: argparse.Namespace) -> "Cluster":
    from taskflow_ops.cluster import connect

    return connect(arguments.context, arguments.namespace, dry_run=getattr(arguments, "dry_run", False))


def _say(line: str) -> None:
    print(line, flush=True)
