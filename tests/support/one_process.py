"""Settings of a platform in one process, as most tests have it."""

from taskflow_core.settings import Settings


def in_one_process(app_url: str, owner_url: str) -> Settings:
    """On a database as the services and as the owner of its tables reach it."""
    return Settings(
        database_url=app_url,
        migration_database_url=owner_url,
        auth_secret="a-secret-for-tests-of-32-or-more-characters",
        api_token="a-token-for-tests-of-32-or-more-characters",
        audit_encryption_keys=("a-key-of-keys-for-tests-of-32-or-more-characters",),
        bus="embedded",
        environment="test",
        database_pool_size=5,
    )
