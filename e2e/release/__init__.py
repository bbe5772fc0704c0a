"""Phase IV, written a second time from its contract and transcripts alone, on the stack that the release has.

FastAPI, SQLModel, psycopg, PyJWT, bcrypt: nothing of TaskFlow is imported. Where the contract is silent it does what
its framework does by itself. Tests and the cluster's suite run it as "the release": on a database of its own making, on
ours, and both at once. `python -m e2e.release` serves it.
"""
