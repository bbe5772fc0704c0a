"""Which hosts and origins are this site's."""

import msgspec
import pytest

from taskflow_core.service.sites import Site
from taskflow_core.settings import Settings

PLAIN = Settings(database_url="postgresql://db/taskflow", auth_secret="s" * 32)
PUBLIC = msgspec.structs.replace(
    PLAIN,
    public_origin="https://Tasks.Example.com:443",
    allowed_hosts=("tasks.internal", "Other.example:8443"),
    cors_origins=("https://app.example", "http://localhost:5173"),
)


@pytest.mark.parametrize("host", ["evil.example", "", "[", "x" * 1_000])
def test_without_a_public_origin_every_host_is_answered(host: str) -> None:
    assert Site(PLAIN).answers(host.encode())


@pytest.mark.parametrize(
    "host",
    [
        "tasks.example.com",
        "TASKS.example.COM",
        "tasks.example.com:443",
        "tasks.example.com:",
        "tasks.internal:8000",
        "other.example",
        "localhost",
        "LocalHost:43217",
        "127.0.0.1:8000",
        "127.1.2.3",
        "[::1]:8000",
        "[::1]",
    ],
)
def test_this_sites_hosts_in_any_case_and_at_any_port(host: str) -> None:
    assert Site(PUBLIC).answers(host.encode())


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "tasks.example.com.evil.example",
        "eviltasks.example.com",
        "tasks.example.com.",
        "tasks.example.com:x",
        "tasks.example.com@evil.example",
        "evil.example:80@tasks.example.com",
        "tasks.example.com,evil.example",
        " tasks.example.com",
        "tasks.example.com/",
        "app.example",
        "localhost.evil.example",
        "10.0.0.1",
        "127.0.0.1.evil.example",
        "[::2]",
        "[::1",
        "0x7f.1",
        "\u212aocalhost",
        "x" * 100_000,
    ],
)
def test_any_other_is_not(host: str) -> None:
    assert not Site(PUBLIC).answers(host.encode())


@pytest.mark.parametrize(
    ("origin", "host", "plain", "public"),
    [
        ("https://tasks.example.com", "tasks.example.com", True, True),
        ("https://tasks.example.com", "tasks.internal", False, True),
        ("http://tasks.example.com", "tasks.example.com", True, False),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True, True),
        ("http://localhost:8000", "LOCALHOST:8000", True, True),
        ("http://localhost:8000", "localhost:9000", False, False),
        ("http://localhost:8000", "127.0.0.1:8000", False, False),
        ("http://tasks.internal", "tasks.internal", True, False),
        ("https://evil.example", "evil.example", True, False),
        ("https://evil.example", "tasks.example.com", False, False),
        ("https://app.example", "tasks.example.com", False, True),
        ("http://localhost:5173", "tasks.example.com", False, True),
        ("null", "tasks.example.com", False, False),
        ("null", "", False, False),
        ("http://", "", False, False),
        ("", "tasks.example.com", False, False),
        ("https://tasks.example.com.", "tasks.example.com", False, False),
        ("https://tasks.example.com:8443", "tasks.example.com", False, False),
        ("https://a@tasks.example.com", "tasks.example.com", False, False),
        ("https://tasks.example.com/", "tasks.example.com", False, False),
        ("https://tasks.example.com, https://evil.example", "tasks.example.com", False, False),
    ],
)
def test_whose_pages_may_use_the_cookies(origin: str, host: str, plain: bool, public: bool) -> None:
    assert Site(PLAIN).trusts(origin, host) is plain
    assert Site(PUBLIC).trusts(origin, host) is public
