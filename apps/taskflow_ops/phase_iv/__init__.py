"""Phase IV as it answered: recorded calls, and what replays them against a service that runs.

`transcript.jsonl` and `transcript-2.jsonl` were recorded from the release; `smoke.jsonl` is the short list that a
rollback ends with. All three are of one kind, which replay.py describes.
"""
