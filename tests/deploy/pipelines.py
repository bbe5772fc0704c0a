"""The workflows' jobs, carried out here: their shell steps run, beside programs that only note what they are told."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from tests.deploy.rendering import ROOT

Job = Mapping[str, Any]

PROGRAMS = ("kubectl", "kustomize", "docker", "skopeo", "gcloud", "aws", "curl", ".ci/environment", ".ci/image")
_FAKE = """#!/bin/bash
printf '%s\\n' "{name} $*" >>"$CALLS"
while IFS=$'\\t' read -r words status said; do
  if [[ "{name} $*" == *"$words"* ]]; then [ -z "$said" ] || printf '%b\\n' "$said"; exit "$status"; fi
done <"$ANSWERS"
exit 0
"""


def workflow(name: str) -> dict[str, Any]:
    """A workflow as GitHub reads it."""
    return yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text(encoding="utf-8"))


class Runner:
    """Runs a job's steps in order, as GitHub does: their conditions, their environment, their outputs.

    `answers` are words of a call with the exit status and what is printed: {"kubectl diff": (1, "…")}. An action of
    somebody else's is noted and does nothing.
    """

    def __init__(self, directory: Path, **contexts: Any) -> None:
        self.directory = directory
        self.contexts: dict[str, Any] = {"github": {"sha": "c0ffee", "actor": "ada", "token": "t"}, **contexts}
        self.answers: dict[str, tuple[int, str]] = {"current-context": (0, "there")}
        self.ran: list[str] = []
        self.failed = False
        bin_ = directory / "bin"
        for name in (*PROGRAMS, ".venv/bin/taskflow"):
            place = directory / name if name.startswith(".") else bin_ / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(_FAKE.format(name="taskflow" if name.endswith("taskflow") else name))
            place.chmod(0o755)
        for place_ in ("gke", "eks"):
            images = directory / f"kustomize/overlays/{place_}/images"
            images.mkdir(parents=True, exist_ok=True)
            (images / "kustomization.yaml").write_text("images: []\n")
        self.calls_file, self.summary = directory / "calls", directory / "summary"
        self.calls_file.touch()

    @property
    def calls(self) -> list[str]:
        """What the programs were told, in order."""
        return self.calls_file.read_text().splitlines()

    def run(self, job: Job) -> bool:
        """Run a job; whether it succeeded."""
        self.failed = False
        self.contexts["steps"] = {}
        job_env = self._filled(job.get("env", {}))
        for step in job["steps"]:
            outcome = self._step(step, job_env)
            self.ran += [step.get("name", step.get("uses", ""))] if outcome != "skipped" else []
            if "id" in step:
                steps: dict[str, Any] = self.contexts["steps"]
                steps[step["id"]] = {**steps.get(step["id"], {}), "outcome": outcome}
        return not self.failed

    def holds(self, condition: str) -> bool:
        """Whether an `if` is true now; without a word about failure it means: nothing has failed."""
        text = condition.strip().removeprefix("${{").removesuffix("}}")
        about_failure = re.search(r"\b(failure|always|cancelled|success)\(\)", text) is not None
        return (about_failure or not self.failed) and bool(self._value(text))

    def _step(self, step: Job, job_env: Mapping[str, str]) -> str:
        if not self.holds(str(step.get("if", "success()"))):
            return "skipped"
        if "run" not in step:
            return "success"
        output = self.directory / "output"
        output.write_text("")
        patterns = "".join(f"{words}\t{status}\t{said}\n" for words, (status, said) in self.answers.items())
        (self.directory / "answers").write_text(patterns)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", self.text(step["run"])],
            cwd=self.directory,
            env={
                "PATH": f"{self.directory / 'bin'}:/usr/bin:/bin",
                "CALLS": str(self.calls_file),
                "ANSWERS": str(self.directory / "answers"),
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(self.summary),
                "GITHUB_SHA": "c0ffee",
                "GITHUB_REPOSITORY": "Ada/TaskFlow",
                "GITHUB_WORKSPACE": str(self.directory),
                **job_env,
                **self._filled(step.get("env", {})),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        if "id" in step:
            self.contexts["steps"][step["id"]] = {"outputs": outputs}
        self.failed = self.failed or done.returncode != 0
        return "success" if done.returncode == 0 else "failure"

    def _filled(self, env: Mapping[str, str]) -> dict[str, str]:
        return {name: self.text(str(value)) for name, value in env.items()}

    def text(self, text: str) -> str:
        """Text with its expressions' values."""
        return re.sub(r"\$\{\{(.*?)\}\}", lambda match: str(self._value(match[1]) or ""), text)

    def _value(self, expression: str) -> Any:
        """An expression of GitHub's, in Python's words: the few kinds that the workflows have."""
        words = re.sub(r"!(?!=)", " not ", expression.replace("&&", " and ").replace("||", " or "))
        words = re.sub(r"(?<![\w'.])([a-z_]+(?:\.[\w-]+)+)(?!\()", lambda match: f"look('{match[1]}')", words)
        functions = {
            "look": self._look,
            "failure": lambda: self.failed,
            "success": lambda: not self.failed,
            "always": lambda: True,
            "cancelled": lambda: False,
        }
        return eval(words.strip(), {"__builtins__": {}}, functions)

    def _look(self, path: str) -> Any:
        value: Any = self.contexts
        for key in path.split("."):
            value = cast("dict[str, Any]", value).get(key, "") if isinstance(value, dict) else ""
        return value
