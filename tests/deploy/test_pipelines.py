"""The workflows do what they say: their shell steps are run here, against programs that note what they are told."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.deploy.pipelines import Runner, workflow
from tests.deploy.rendering import CLOUDS, ROOT, SERVICES

DEPLOY, ROLLBACK, TESTS = workflow("deploy"), workflow("rollback"), workflow("tests")
WORKFLOWS = {"deploy": DEPLOY, "rollback": ROLLBACK, "tests": TESTS}
IMAGE, DIGEST = "registry.example.com/taskflow", "sha256:" + "1" * 64
BEFORE = f"{IMAGE}@sha256:" + "0" * 64
VARIABLES = {"IMAGE": IMAGE, "URL": "https://tasks.example.com", "CLUSTER": "c"}


def runner(directory: Path, place: str = "gke", *, built: bool = False, **inputs: str) -> Runner:
    """Somebody pressed the button for a place; the commit's image was known, or has just been built."""
    known, image = ("", DIGEST) if built else (DIGEST, "")
    needs = {"known": {"outputs": {"digest": known}}, "image": {"outputs": {"digest": image}}}
    return Runner(directory, inputs={"place": place, **inputs}, vars=VARIABLES, needs=needs)


def noted(image: str, revision: str = "") -> dict[str, tuple[int, str]]:
    """What the cluster says of the release that passed last."""
    return {"--newest image": (0, image), "--newest revision": (0, revision)}


def order(calls: list[str], *words: str) -> list[int]:
    """Where each of these is first among the calls."""
    return [next(index for index, call in enumerate(calls) if word in call) for word in words]


class TestDeploying:
    @pytest.mark.parametrize("place", CLOUDS)
    @pytest.mark.parametrize("built", [False, True])
    def test_one_digest_is_copied_applied_proven_and_noted(self, tmp_path: Path, place: str, built: bool) -> None:
        run = runner(tmp_path, place=place, built=built)
        run.answers |= noted(BEFORE)
        assert run.run(DEPLOY["jobs"]["deploy"])
        positions = order(
            run.calls, f"--preserve-digests docker://ghcr.io/ada/taskflow@{DIGEST} docker://{IMAGE}:c0ffee",
            f"edit set image taskflow={IMAGE}@{DIGEST} taskflow-phase-iv={IMAGE}@{DIGEST}",
            "delete job taskflow-kafka-topics",
            f"apply -k kustomize/overlays/{place}/phase-v", "condition=Complete job/taskflow-kafka-topics",
            *(f"/{name} --timeout" for name in SERVICES), "smoke --url https://tasks.example.com --events",
            "ops record --context there --revision c0ffee",
        )  # fmt: skip
        assert positions == sorted(positions)
        assert not [call for call in run.calls if "rollback" in call]
        assert not [call for call in run.calls if "docker build" in call]

    @pytest.mark.parametrize(
        "failing", ["apply -k", "job/taskflow-kafka-topics", "rollout status", "smoke", "ops record"]
    )
    def test_what_fails_after_the_first_change_is_followed_by_the_release_that_passed(
        self, tmp_path: Path, failing: str
    ) -> None:
        run = runner(tmp_path)
        run.answers |= noted(BEFORE)
        run.answers[failing] = (1, "")
        assert not run.run(DEPLOY["jobs"]["deploy"])
        (back,) = [call for call in run.calls if "ops rollback" in call]
        assert back == (
            f"taskflow ops rollback --to-release --image {BEFORE} --context there "
            "--overlay kustomize/overlays/gke --url https://tasks.example.com --within 900"
        )
        assert not [call for call in run.calls if "phase-iv" in call and "rollback" in call], "a person's decision"

    def test_the_manifests_are_those_of_the_release_that_is_gone_back_to(self, tmp_path: Path) -> None:
        run = runner(tmp_path)
        run.answers |= noted(BEFORE, "beef") | {"rollout status": (1, "")}
        (tmp_path / "before/kustomize/overlays/gke").mkdir(parents=True)
        assert not run.run(DEPLOY["jobs"]["deploy"])
        assert "Get the manifests of the release before" in run.ran
        checkout = next(s for s in DEPLOY["jobs"]["deploy"]["steps"] if s.get("with", {}).get("path") == "before")
        assert checkout["with"]["ref"] == "${{ steps.before.outputs.revision }}"
        assert any("ops rollback --to-release" in call for call in run.calls)

    def test_a_first_deployment_that_fails_is_left_for_a_person(self, tmp_path: Path) -> None:
        run = runner(tmp_path)
        run.answers["rollout status"] = (1, "")
        assert not run.run(DEPLOY["jobs"]["deploy"])
        assert not [call for call in run.calls if "ops rollback" in call]

    @pytest.mark.parametrize("failing", ["skopeo", "environment", "ops releases"])
    def test_what_fails_before_the_first_change_changes_nothing(self, tmp_path: Path, failing: str) -> None:
        run = runner(tmp_path)
        run.answers = {failing: (1, ""), **run.answers}
        assert not run.run(DEPLOY["jobs"]["deploy"])
        assert not [call for call in run.calls if "apply" in call or "rollback" in call]

    @pytest.mark.parametrize(("status", "well"), [(0, True), (1, True), (2, False)])
    def test_the_difference_is_shown_before_anybody_is_asked(self, tmp_path: Path, status: int, well: bool) -> None:
        run = runner(tmp_path)
        run.answers["kubectl diff"] = (status, "-old\\n+new")
        assert run.run(DEPLOY["jobs"]["diff"]) is well
        assert "+new" in run.summary.read_text()
        assert f"{IMAGE}@{DIGEST}" in run.summary.read_text()
        assert DEPLOY["jobs"]["diff"]["environment"] == "${{ inputs.place }}-diff", "no reviewers there"
        assert "diff" in DEPLOY["jobs"]["deploy"]["needs"]
        assert DEPLOY["jobs"]["deploy"]["environment"]["name"] == "${{ inputs.place }}"

    def test_an_image_is_built_once_for_a_commit_and_started_before_it_counts(self, tmp_path: Path) -> None:
        found = runner(tmp_path)
        found.answers["imagetools inspect"] = (0, DIGEST)
        assert found.run(DEPLOY["jobs"]["known"])
        assert found.contexts["steps"]["find"]["outputs"] == {"digest": DIGEST}
        absent = runner(tmp_path / "absent")
        absent.answers["imagetools inspect"] = (1, "")
        assert absent.run(DEPLOY["jobs"]["known"])
        assert absent.contexts["steps"]["find"]["outputs"] == {}
        condition = DEPLOY["jobs"]["tests"]["if"]
        assert (found.holds(condition), runner(tmp_path / "built", built=True).holds(condition)) == (False, True)

        names = [step.get("name", "") for step in DEPLOY["jobs"]["image"]["steps"]]
        assert names.index("Start it") < names.index("Say that it may be deployed")
        image = runner(tmp_path / "image")
        image.answers[".ci/image"] = (1, "")
        assert not image.run(DEPLOY["jobs"]["image"])
        assert not [call for call in image.calls if "--tag" in call], "one that does not start is never deployed"


class TestGoingBack:
    @pytest.mark.parametrize(
        ("inputs", "words"),
        [
            ({"to": "phase-iv"}, ""),
            ({"to": "release-before"}, " --to-release"),
            ({"to": "phase-iv", "phase_iv_image": "r/x@sha256:1"}, " --phase-iv-image r/x@sha256:1"),
            ({"to": "phase-iv", "image": "r/t@sha256:2", "force": "true"}, " --image r/t@sha256:2 --force"),
        ],
    )
    def test_a_person_decides_what_to_go_back_to(self, tmp_path: Path, inputs: dict[str, str], words: str) -> None:
        run = runner(tmp_path, built=False, **inputs)
        assert run.run(ROLLBACK["jobs"]["rollback"])
        (call,) = [call for call in run.calls if "ops rollback" in call]
        start = "taskflow ops rollback --context there --overlay kustomize/overlays/gke --url https://tasks.example.com"
        assert call == start + words

    def test_it_builds_and_tests_nothing_and_waits_for_nobody(self) -> None:
        assert ROLLBACK["jobs"].keys() == {"rollback"}
        assert not re.search(r"build|tests\.yml|make ", yaml.safe_dump(ROLLBACK["jobs"]))
        assert ROLLBACK["concurrency"]["group"] == DEPLOY["jobs"]["deploy"]["concurrency"]["group"]
        assert ROLLBACK["concurrency"]["cancel-in-progress"] is True
        assert DEPLOY["jobs"]["deploy"]["concurrency"]["cancel-in-progress"] is False

    def test_one_that_fails_is_seen_and_what_is_left_is_told(self, tmp_path: Path) -> None:
        run = runner(tmp_path, to="phase-iv")
        run.answers["ops rollback"] = (1, "")
        assert not run.run(ROLLBACK["jobs"]["rollback"])
        assert run.calls[-1] == "taskflow ops status --context there"


class TestStartingTheImage:
    @pytest.fixture
    def docker(self, tmp_path: Path) -> Runner:
        run = Runner(tmp_path)
        (tmp_path / ".ci/image").write_bytes((ROOT / ".ci/image").read_bytes())
        run.answers["docker port"] = (0, "127.0.0.1:32768")
        return run

    def start(self, docker: Runner) -> bool:
        return docker.run({"steps": [{"run": ".ci/image taskflow:tested"}]})

    def test_it_is_started_confined_in_both_phases_and_asked_as_a_client_asks(self, docker: Runner) -> None:
        assert self.start(docker)
        started = [call for call in docker.calls if "serve chat-api" in call]
        assert [re.search(r"TASKFLOW_PHASE=(\w+)", call)[1] for call in started] == ["iv", "v"]  # pyright: ignore
        for call in started:
            assert "--read-only --tmpfs /tmp --cap-drop ALL" in call
        assert len([call for call in docker.calls if "ops smoke" in call]) == 2
        assert "http://127.0.0.1:32768/health/ready" in "".join(docker.calls)
        assert "docker network rm" in docker.calls[-1]

    def test_one_that_does_not_answer_fails_with_its_log_and_leaves_nothing(self, docker: Runner) -> None:
        docker.answers["curl"] = (22, "")
        assert not self.start(docker)
        assert [call for call in docker.calls if call.startswith("docker logs")]
        assert "docker network rm" in docker.calls[-1]


def test_tests_of_one_branch_do_not_break_off_those_of_a_deployment(tmp_path: Path) -> None:
    """In a workflow that is called, `github.workflow`, `github.ref` and the event are the caller's."""
    group = TESTS["concurrency"]["group"]

    def name(event: str, run: str) -> str:
        github = {"event_name": event, "ref": "refs/heads/main", "run_id": run}
        return Runner(tmp_path / f"{event}{run}", github=github).text(group)

    assert name("workflow_dispatch", "1") != name("workflow_dispatch", "2")
    assert name("push", "1") != name("workflow_dispatch", "2")
    assert name("pull_request", "1") == name("pull_request", "2")


def test_the_pipelines_keep_no_secret_and_ask_for_little() -> None:
    for name, found in WORKFLOWS.items():
        assert found["permissions"] == {"contents": "read"}, name
        assert "secrets." not in yaml.safe_dump(found)
        for job in found["jobs"].values():
            for step in job.get("steps", []):
                assert "@" in step.get("uses", "@") or step["uses"].startswith("./.github/actions/")
                # What people type in is never put into a script's text.
                assert "${{" not in step.get("run", "")


def test_nothing_in_the_workflows_is_known_to_be_unsafe() -> None:
    zizmor = Path(sys.executable).with_name("zizmor")
    done = subprocess.run(
        [zizmor, "--offline", "--quiet", ROOT / ".github"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.rig
def test_github_would_read_the_workflows() -> None:
    go = shutil.which("go")
    assert go is not None, "Go is among what the rig needs"
    lint = [go, "run", "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12", "-no-color"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
