"""What tests put on the path as `kubectl`: it passes on what it is asked to the API server in memory."""

import http.client
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(words: list[str]) -> int:
    if words[0] == "kustomize":
        say(Path(words[1], "rendered.json").read_text())
        return 0
    words = words[4:]  # --context NAME --namespace NAME
    dry_run = "--dry-run=server" in words
    match words[0]:
        case "apply":
            answer = ask("/apply", {"items": json.load(sys.stdin)["items"], "dryRun": dry_run})
            say("\n".join(answer["lines"]))
        case "diff":
            answer = ask("/apply", {"items": json.load(sys.stdin)["items"], "dryRun": True})
            changed = [line.split()[0].replace("/", ".") for line in answer["lines"] if "unchanged" not in line]
            say("\n".join(f"Files /tmp/LIVE-1/{name} and /tmp/MERGED-1/{name} differ" for name in changed))
            return 1 if changed else 0
        case other:
            sys.exit(f"unknown command {other}")
    return 0


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def ask(path: str, body: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection(os.environ["TASKFLOW_TEST_API_SERVER"])
    connection.request("POST", path, json.dumps(body))
    answer = connection.getresponse()
    found = json.loads(answer.read())
    if answer.status != 200:
        sys.exit(f"Error from server: {found['message']}")
    return found


sys.exit(main(sys.argv[1:]))
