"""The alerts on Prometheus' own engine: each fires under its incident, clears after it, and is quiet otherwise."""
