"""Proves what the trail says: checkpoints, the walk along the chain, and what the signed records say together."""
