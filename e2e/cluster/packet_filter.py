"""What a kubelet, kube-proxy, kube-router and CNI lay into the host's packet filter: gone when the cluster stops.

Chains, the sets of addresses that kube-router's look into, and kube-proxy's own tables. None of the four takes its own
away, and each packet of the host would go on passing them.
"""

import json
import re
from collections.abc import Collection, Iterable
from typing import Final

from e2e.cluster.commands import run
from e2e.cluster.workspace import RUN

_FAMILIES: Final = ("iptables", "ip6tables")
_LAID: Final = re.compile(r"KUBE-|CNI-")
_LAID_SET: Final = re.compile(r"KUBE-(SRC|DST)-")
_SETS: Final = "ipset"
_PROXY: Final = "kube-proxy"
_NOTE: Final = RUN / "chains-before.json"
_SECONDS: Final = 30.0


def remember() -> None:
    """Note what the host has of these already, as one with a cluster of its own has. Only the first note counts."""
    if not _NOTE.exists():
        RUN.mkdir(parents=True, exist_ok=True, mode=0o755)
        there = {family: _chains(_saved(family)) for family in _FAMILIES}
        _NOTE.write_text(json.dumps({**there, _SETS: _sets(), _PROXY: _proxy_tables()}), encoding="utf-8")


def clean() -> None:
    """Remove what came since, and the rules that lead to it. Does nothing where nothing was noted."""
    if not _NOTE.exists():
        return
    before = json.loads(_NOTE.read_text(encoding="utf-8"))
    for family in _FAMILIES:
        removal = removal_of(_saved(family), before[family])
        if removal:
            run([f"{family}-restore", "--noflush"], within=_SECONDS, stdin=removal)
    # After the rules: a set that one looks into stays.
    for name in _sets():
        if name not in before[_SETS]:
            run(["ipset", "destroy", name], within=_SECONDS)
    for table in _proxy_tables():
        if table not in before[_PROXY]:
            run(["nft", "delete", "table", *table.split()], within=_SECONDS)
    _NOTE.unlink()


def enforces_policies() -> bool:
    """Whether what is forwarded is looked at by kube-router first."""
    return "-j KUBE-ROUTER-FORWARD" in _saved("iptables")


def removal_of(saved: str, before: Collection[str]) -> str:
    """What iptables-restore is to do about the chains in `saved` (of iptables-save) that are not in `before`.

    Chains are called by table and name, as "nat KUBE-SERVICES". Empty where there is nothing to do.
    """
    done: list[str] = []
    for table, lines in _tables(saved):
        laid = [name for name in _names(lines) if _LAID.match(name) and f"{table} {name}" not in before]
        if not laid:
            continue
        rules = [line for line in lines if line.startswith("-A ") and line.split()[1] not in laid]
        leading = [rule for rule in rules if any(word in laid for word in rule.split())]
        done += [
            f"*{table}",
            *(f"-D {rule.removeprefix('-A ')}" for rule in leading),
            *(f"-F {name}" for name in laid),
            *(f"-X {name}" for name in laid),
            "COMMIT",
        ]
    return "".join(f"{line}\n" for line in done)


def _tables(saved: str) -> Iterable[tuple[str, list[str]]]:
    table, lines = "", list[str]()
    for line in saved.splitlines():
        if line.startswith("*"):
            table, lines = line.removeprefix("*"), []
        elif line == "COMMIT":
            yield table, lines
        else:
            lines.append(line)


def _names(lines: Iterable[str]) -> list[str]:
    return [line.split()[0].removeprefix(":") for line in lines if line.startswith(":")]


def _chains(saved: str) -> list[str]:
    return [f"{table} {name}" for table, lines in _tables(saved) for name in _names(lines) if _LAID.match(name)]


def _sets() -> list[str]:
    return [name for name in run(["ipset", "list", "-name"], within=_SECONDS).split() if _LAID_SET.match(name)]


def _proxy_tables() -> list[str]:
    """By family and name: "ip kube-proxy"."""
    listed = [line.removeprefix("table ") for line in run(["nft", "list", "tables"], within=_SECONDS).splitlines()]
    return [table for table in listed if table.endswith(f" {_PROXY}")]


def _saved(family: str) -> str:
    return run([f"{family}-save"], within=_SECONDS)
