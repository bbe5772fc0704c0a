"""Settings: read from the environment, refused where they are wrong, and every one of them documented."""

import re
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest

from taskflow_core.settings import Settings, SettingsError, declared, load

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "configuration.md"
ENOUGH = {
    "TASKFLOW_DATABASE_URL": "postgresql://u:p@db/taskflow",
    "BETTER_AUTH_SECRET": "s" * 32,
    "TASKFLOW_API_TOKEN": "t" * 32,
}
SECRET_VARIABLES = [var.name for var in declared().values() if var.secret]

# The settings of tests and of make, which no service reads.
_ELSEWHERE = {"TASKFLOW_HOME", "TASKFLOW_NO_SKIPS", "TASKFLOW_TEST_DATABASE_URL"}
_READ = re.compile(r"\b(?:TASKFLOW|BETTER|JWT)_[A-Z][A-Z_]*[A-Z]\b")


def row(field: msgspec.structs.FieldInfo) -> str:
    """A setting's line of the table."""
    var = declared()[field.name]
    hint = get_type_hints(Settings)[field.name]
    default = "required" if field.required else _shown(field.default)
    words = f" One of {', '.join(f'`{word}`' for word in get_args(hint))}." if get_origin(hint) is Literal else ""
    secret = " Secret." if var.secret else ""
    return f"| `{var.name}` | {default} | {var.help}.{words}{secret} |"


def _shown(default: Any) -> str:
    return "none" if default is None or default == () else f"`{default}`"


def test_the_documentation_has_every_setting_as_it_is() -> None:
    documented = re.findall(r"^\| `.*\|$", DOCS.read_text(encoding="utf-8").split("\n## ")[1], re.MULTILINE)
    assert documented == [row(field) for field in msgspec.structs.fields(Settings)]


def test_every_variable_that_anything_reads_is_documented() -> None:
    documented = set(re.findall(r"`([A-Z_]+)`", DOCS.read_text(encoding="utf-8")))
    assert {var.name for var in declared().values()} | _ELSEWHERE <= documented
    sources = [*(ROOT / "apps").rglob("*.py"), *(ROOT / "kustomize").rglob("*.yaml"), ROOT / "Makefile"]
    read = {name for path in sources for name in _READ.findall(path.read_text(encoding="utf-8"))}
    assert read <= documented | {"TASKFLOW_APP"}, read - documented


def test_the_environment_is_enough() -> None:
    settings = load(ENOUGH)
    assert (settings.database_url, settings.bus, settings.phase) == ("postgresql://u:p@db/taskflow", "dapr", "v")
    assert settings.owner_url == settings.database_url
    assert settings.cors_origins == ()


def test_each_kind_of_value() -> None:
    settings = load(
        ENOUGH
        | {
            "TASKFLOW_PORT": " 9000 ",
            "TASKFLOW_ADMINS": "anna, bert,,",
            "TASKFLOW_CORS_ORIGINS": "https://a.example,http://localhost:5173",
            "TASKFLOW_SLOW_READER": "disconnect",
            "TASKFLOW_PUBLIC_ORIGIN": "https://tasks.example.com",
            "TASKFLOW_MIGRATION_DATABASE_URL": "postgresql://owner@db/taskflow",
        }
    )
    assert (settings.port, settings.admins, settings.slow_reader) == (9000, ("anna", "bert"), "disconnect")
    assert settings.cors_origins == ("https://a.example", "http://localhost:5173")
    assert settings.owner_url == "postgresql://owner@db/taskflow"


@pytest.mark.parametrize("name", ["TASKFLOW_DATABASE_URL", "BETTER_AUTH_SECRET", "TASKFLOW_API_TOKEN"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_missing_is_named(name: str, value: str | None) -> None:
    environ = {key: text for key, text in ENOUGH.items() if key != name} | ({} if value is None else {name: value})
    with pytest.raises(SettingsError, match=name):
        load(environ)


def test_the_api_token_is_needed_only_where_event_routes_are() -> None:
    rest = {name: value for name, value in ENOUGH.items() if name != "TASKFLOW_API_TOKEN"}
    assert load(rest | {"TASKFLOW_BUS": "embedded"}).api_token is None
    assert load(rest | {"TASKFLOW_PHASE": "iv"}).api_token is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TASKFLOW_PORT", "many"),
        ("TASKFLOW_PORT", "70000"),
        ("TASKFLOW_PORT", "-1"),
        ("TASKFLOW_PHASE", "vi"),
        ("TASKFLOW_BUS", "kafka"),
        ("TASKFLOW_LOG_LEVEL", "LOUD"),
        ("TASKFLOW_STREAMS_PER_USER", "0"),
        ("TASKFLOW_LOGIN_ATTEMPTS_PER_MINUTE", "0"),
        ("TASKFLOW_DATABASE_POOL_SIZE", "0"),
        ("TASKFLOW_RECONCILE_INTERVAL_SECONDS", "-1"),
        ("JWT_EXPIRY", "1.5"),
        ("TASKFLOW_CORS_ORIGINS", "*"),
        ("TASKFLOW_CORS_ORIGINS", "https://a.example, null"),
        ("TASKFLOW_CORS_ORIGINS", "https://a.example/"),
        ("TASKFLOW_PUBLIC_ORIGIN", "tasks.example.com"),
        ("TASKFLOW_PUBLIC_ORIGIN", "https://tasks.example.com:x"),
        ("TASKFLOW_PUBLIC_ORIGIN", "https://anna@tasks.example.com"),
        ("TASKFLOW_ALLOWED_HOSTS", "https://tasks.example.com"),
        ("TASKFLOW_ALLOWED_HOSTS", "tasks.internal, *"),
        ("BETTER_AUTH_SECRET", "s" * 31),
        ("TASKFLOW_API_TOKEN", "t" * 31),
        ("TASKFLOW_AUDIT_SIGNING_KEY", "k" * 31),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{name}\b"):
        load(ENOUGH | {name: value})


@pytest.mark.parametrize("name", SECRET_VARIABLES)
def test_no_message_holds_a_secret(name: str) -> None:
    for value in ("hunter2", "hunter2 " * 20):
        with pytest.raises(SettingsError) as refused:
            load(ENOUGH | {"TASKFLOW_PORT": "hunter2", name: value})
        assert "hunter2" not in str(refused.value)


def test_users_tokens_are_signed_with_the_secret_as_it_is() -> None:
    """Phase IV takes it with the line feed that a file of it may end with, and its tokens have to hold here."""
    assert load(ENOUGH | {"BETTER_AUTH_SECRET": "s" * 32 + "\n"}).auth_secret.endswith("\n")
    with pytest.raises(SettingsError, match="BETTER_AUTH_SECRET"):
        load(ENOUGH | {"BETTER_AUTH_SECRET": "s" * 31 + "\n"})
