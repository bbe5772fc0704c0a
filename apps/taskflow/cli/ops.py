"""Operations on a cluster: roll back to Phase IV, roll forward again, isolate a component, ask how all is, smoke-test.

They need kubectl, its configuration, and the extra `ops`; docs/operations.md says more, and which rights they need.
"""

import argparse
import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from taskflow.cli.main import UserError

if TYPE_CHECKING:
    from taskflow.ops.cluster import Cluster
    from taskflow.ops.kubectl import Kubectl
    from taskflow.ops.manifests import Images
    from taskflow.ops.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)

    back = actions.add_parser("rollback", help="back to Phase IV, each step verified; the database stays as it is")
    _place(back)
    _changes(back, within=300)
    back.add_argument(
        "--drain", type=float, default=20.0, metavar="SECONDS",
        help="wait so long at most for events to reach the audit trail (20); what has not stays in the outbox or Kafka",
    )  # fmt: skip
    back.add_argument("--force", action="store_true", help="go on although chat-api fails the smoke test of step 2")

    forward = actions.add_parser("rollforward", help="to Phase V, and tell everything that happened meanwhile")
    _place(forward)
    _changes(forward, within=600)

    isolate = actions.add_parser("isolate", help="take failing pods out of their Service, so that they can be examined")
    isolate.add_argument("component", metavar="COMPONENT", help="a service, for example audit-logger")
    _place(isolate)
    isolate.add_argument("--pod", action="append", default=[], metavar="NAME", help="this pod (default: all not ready)")
    isolate.add_argument("--image", help="go on with this image, a hotfix")
    isolate.add_argument("--undo", action="store_true", help="give isolated pods back to their controller")
    _course(isolate, within=300)

    status = actions.add_parser(
        "status", help="phase, services, events in one table (exit status 1 unless all is well)"
    )
    _place(status)
    status.add_argument("--json", action="store_true", help="as one JSON object")

    smoke = actions.add_parser("smoke", help="make the calls of a Phase IV client, as a throwaway user who stays")
    smoke.add_argument("--url", required=True, help="base address, for example https://tasks.example.com")


def _place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--context", required=True, help="context in kubectl's configuration: which cluster")
    parser.add_argument("--namespace", default="taskflow", help="where TaskFlow is (taskflow)")


def _changes(parser: argparse.ArgumentParser, *, within: float) -> None:
    parser.add_argument(
        "--overlay", required=True, type=Path, metavar="DIRECTORY",
        help="whose phases to apply, for example kustomize/overlays/gke",
    )  # fmt: skip
    parser.add_argument("--image", help="run this image instead of the overlay's: what a pipeline pinned by digest")
    parser.add_argument("--phase-iv-image", metavar="IMAGE", help="run this image as Phase IV instead of the overlay's")
    _course(parser, within=within)


def _course(parser: argparse.ArgumentParser, *, within: float) -> None:
    parser.add_argument("--url", help="smoke-test here, through the Ingress (default: through the API server)")
    parser.add_argument(
        "--within", type=float, default=within, metavar="SECONDS", help=f"give up after this long ({within:.0f})"
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="ask the cluster to check every change and make none; say what it would be",
    )


def run(arguments: argparse.Namespace) -> int:
    from taskflow.ops.errors import OpsError

    try:
        match arguments.action:
            case "status":
                return _status(arguments)
            case "smoke":
                return _smoke(arguments)
            case _:
                return _operate(arguments)
    except OpsError as error:
        raise UserError(str(error)) from error


def _operate(arguments: argparse.Namespace) -> int:
    from taskflow.ops.errors import OpsError
    from taskflow.ops.lease import Lease
    from taskflow.ops.run import Run

    cluster, kubectl = _target(arguments)
    lease = Lease(cluster, arguments.action)
    course = Run(_say, within=arguments.within, dry_run=arguments.dry_run, may_go_on=lease.require)
    operation = _operation(arguments)
    try:
        with nullcontext() if arguments.dry_run else lease.held(_say):
            operation(course, cluster, kubectl)
    except OpsError as error:
        raise OpsError(
            f"{error}\nThe same command goes on from here; `taskflow ops status` says how all is."
        ) from error
    done = {"rollback": "Rolled back to Phase IV", "rollforward": "Rolled forward to Phase V"}
    what = "Nothing was changed: a dry run" if arguments.dry_run else done.get(arguments.action, "Done")
    print(f"{what}, in {course.seconds:.1f} s.")
    return 0


def _operation(arguments: argparse.Namespace) -> "Callable[[Run, Cluster, Kubectl], None]":
    from taskflow.ops.isolate import Isolate, isolate, undo
    from taskflow.ops.rollback import Rollback, rollback
    from taskflow.ops.rollforward import Rollforward, rollforward

    match arguments.action:
        case "rollback":
            back = Rollback(
                overlay=arguments.overlay,
                images=_images(arguments),
                url=arguments.url,
                drain_seconds=arguments.drain,
                force=arguments.force,
            )
            return lambda course, cluster, kubectl: rollback(course, cluster, kubectl, back)
        case "rollforward":
            forward = Rollforward(overlay=arguments.overlay, images=_images(arguments), url=arguments.url)
            return lambda course, cluster, kubectl: rollforward(course, cluster, kubectl, forward)
        case _ if arguments.undo:
            return lambda course, cluster, _: undo(course, cluster, arguments.component)
        case _:
            out = Isolate(
                component=arguments.component, pods=tuple(arguments.pod), image=arguments.image, url=arguments.url
            )
            return lambda course, cluster, kubectl: isolate(course, cluster, kubectl, out)


def _images(arguments: argparse.Namespace) -> "Images":
    from taskflow.ops.manifests import Images

    return Images(own=arguments.image, phase_iv=arguments.phase_iv_image)


def _status(arguments: argparse.Namespace) -> int:
    import msgspec

    from taskflow.ops.status import lines, read_status

    cluster, kubectl = _target(arguments)
    found = read_status(cluster, kubectl)
    if arguments.json:
        print(msgspec.json.encode({"well": found.well} | msgspec.to_builtins(found)).decode())
    else:
        print("\n".join(lines(found)))
    return 0 if found.well else 1


def _smoke(arguments: argparse.Namespace) -> int:
    from taskflow.ops.asking import smoke_at

    report = asyncio.run(smoke_at(arguments.url))
    for check in report.checks:
        print(f"{check.seconds * 1000:6.0f} ms  {check.name:<30} {check.problem or 'ok'}")
    print(f"User {report.user} stays, with one conversation; Phase IV's API can remove neither.")
    return 0 if report.ok else 1


def _target(arguments: argparse.Namespace) -> "tuple[Cluster, Kubectl]":
    from taskflow.ops.cluster import connect
    from taskflow.ops.kubectl import Kubectl

    dry_run: bool = getattr(arguments, "dry_run", False)
    cluster = connect(arguments.context, arguments.namespace, dry_run=dry_run)
    return cluster, Kubectl(arguments.context, arguments.namespace, dry_run=dry_run)


def _say(line: str) -> None:
    print(line, flush=True)
