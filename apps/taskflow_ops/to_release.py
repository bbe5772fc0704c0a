"""Back to a release of Phase V that passed its tests: what a release that fails is followed by.

No step touches the database: the schema stays the newer release's, which older ones work on (docs/database.md).
"""

from pathlib import Path

import msgspec

from taskflow_ops.changes import apply, chat_api, is_server_side, resume, smoke_test, wait_rolled_out
from taskflow_ops.cluster import Cluster
from taskflow_ops.conventions import SERVICES
from taskflow_ops.errors import OpsError
from taskflow_ops.kubectl import Kubectl
from taskflow_ops.manifests import Images, phase_v
from taskflow_ops.operation import Operation
from taskflow_ops.platform import Platform
from taskflow_ops.preflight import require_images
from taskflow_ops.releases import Release, keep, releases
from taskflow_ops.workloads import Workload, running_image


class ToRelease(msgspec.Struct, frozen=True, kw_only=True):
    """Whose Phase V to apply, and with which image if not the one of the release before."""

    overlay: Path
    image: str | None = None
    url: str | None = None


def to_release(operation: Operation, cluster: Cluster, kubectl: Kubectl, options: ToRelease) -> None:
    """Go back. Raises OpsError at the first step that does not go through; what was done stays done."""
    with operation.step("Read the overlay and the cluster"):
        running = chat_api(cluster)
        release = _chosen(releases(cluster), running, options.image)
        operation.say(
            f"{running_image(running)} runs; back to {release.image}, which passed its tests {release.at or 'before'}"
        )
        if release.revision:
            operation.say(f"its overlay is that of commit {release.revision}")
        target = phase_v(kubectl, options.overlay, Images(own=release.image))
        server_side = is_server_side(running)
        require_images(operation, cluster, target)
    with operation.step("1/3 Apply Phase V with that image"):
        apply(operation, kubectl, target, server_side=server_side)
        resume(operation, cluster, target)
    with operation.step("2/3 Wait until all five services are ready"):
        if not operation.dry_run:
            wait_rolled_out(operation, cluster, SERVICES)
    with operation.step("3/3 Smoke test"):
        smoke_test(operation, Platform(cluster), options.url)
        if not operation.dry_run:
            keep(cluster, release)


def _chosen(noted: list[Release], running: Workload, image: str | None) -> Release:
    """The release that was noted last, or the one before where that one runs. Raises OpsError where there is none."""
    if image is not None:
        return next((one for one in noted if one.image == image), Release(image=image))
    now = running_image(running)
    known = [one.image for one in noted]
    # Phase IV's image is that of the release which ran before: from there, back to it.
    before = noted[known.index(now) + 1 :] if now in known and running.phase == "v" else noted
    if not before:
        raise OpsError(
            f"No release is noted that passed its tests before {now} (`taskflow ops releases`); nothing has been "
            "changed.\n--image names one. Or go back to Phase IV: the same command without --to-release."
        )
    return before[0]
