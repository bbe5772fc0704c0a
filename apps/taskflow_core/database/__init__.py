"""PostgreSQL as the services see it: a pool, connections of one's own, and leases by advisory lock."""
