"""Measures how sentences are read: `.venv/bin/python e2e/bench/sentences.py`.

What becomes of each kind of sentence of the tables in tests/chat_api/parser, and the CPU time that one takes. The goals
are none read otherwise than the table says, and 1 ms at the 99th percentile.
"""

import sys
from collections import Counter
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "apps"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from chat_api.parser import parse
from e2e.bench.figures import Table, percentile
from tests.chat_api.parser.table import NOW, given_rows, own_rows
from tests.chat_api.parser.test_sentences import wrong

_RUNS = 5


def main() -> None:
    """Print both tables. Exits with 1 where a goal is missed."""
    rows = (*given_rows(), *own_rows())
    table = Table(20, ("right", 8), ("asked", 8), ("unread", 8), ("wrong", 8))
    print(table.head("kind"))
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        reading = parse(row.sentence, NOW)
        outcome = "asked" if reading.options else "unread" if reading.unread else "right"
        counts[row.kind, "wrong" if wrong(row) else outcome] += 1
    for kind in dict.fromkeys(row.kind for row in rows):
        print(table.line(kind, *(str(counts[kind, outcome]) for outcome in ("right", "asked", "unread", "wrong"))))
    times = [_least(row.sentence) * 1e6 for row in rows]
    slow = percentile(times, 99)
    print(f"\none sentence: {percentile(times, 50):.0f} us at p50, {slow:.0f} us at p99, {max(times):.0f} us at most")
    for length in (250, 500, 1000):
        text = ("on friday at 5pm every monday x " * 40)[:length]
        print(f"{length} characters, all about time: {_least(text) * 1e3:.1f} ms")
    missed = sum(count for (_, outcome), count in counts.items() if outcome == "wrong")
    sys.exit(1 if missed or slow >= 1000 else 0)


def _least(sentence: str) -> float:
    times: list[float] = []
    for _ in range(_RUNS):
        begin = process_time()
        parse(sentence, NOW)
        times.append(process_time() - begin)
    return min(times)


if __name__ == "__main__":
    main()
