"""Measures REST: chat-api beside a minimal Litestar + asyncpg app with the same SQL, and pgbench with it alone."""
