"""Every setting, declared once: its variable, its type, its default and what it is for.

docs/configuration.md holds the same table; a test compares the two.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

SHORTEST_SECRET: Final = 32
"""Characters a secret must have (Phase IV's own rule for BETTER_AUTH_SECRET)."""


class SettingsError(Exception):
    """A setting is missing or wrong. The message names the variable and says what to do; it never holds the value."""


class Var(msgspec.Struct, frozen=True):
    """How a setting is given: the environment variable's name, what it is for, and whether its value is a secret."""

    name: str
    help: str
    secret: bool = False


_Positive = Annotated[int, Meta(ge=1)]
_NotNegative = Annotated[int, Meta(ge=0)]
_Port = Annotated[int, Meta(ge=0, le=65_535)]
_Origin = Annotated[str, Meta(pattern=r"^https?://[^/?#*\s]+$")]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process is told. Read it with `load`; tests construct it."""

    database_url: Annotated[
        str,
        Var(
            "TASKFLOW_DATABASE_URL",
            "PostgreSQL 14+ that the services use, as postgresql://user:password@host/db",
            secret=True,
        ),
    ]
    migration_database_url: Annotated[
        str | None,
        Var(
            "TASKFLOW_MIGRATION_DATABASE_URL",
            "The same database as the owner of its tables, for `taskflow db`; default: TASKFLOW_DATABASE_URL",
            secret=True,
        ),
    ] = None
    auth_secret: Annotated[
        str, Var("BETTER_AUTH_SECRET", "Signs and verifies users' tokens (HS256); 32 characters or more", secret=True)
    ]
    api_token: Annotated[
        str | None,
        Var(
            "TASKFLOW_API_TOKEN",
            "What event and internal routes demand in `dapr-api-token`; required under Dapr; 32 characters or more",
            secret=True,
        ),
    ] = None
    sidecar_token: Annotated[
        str | None, Var("DAPR_API_TOKEN", "What the Dapr sidecar demands of its service", secret=True)
    ] = None
    audit_signing_key: Annotated[
        str | None,
        Var(
            "TASKFLOW_AUDIT_SIGNING_KEY",
            "Signs checkpoints of the audit trail; kept outside the database; 32 characters or more",
            secret=True,
        ),
    ] = None
    audit_checkpoint_dir: Annotated[
        str | None,
        Var(
            "TASKFLOW_AUDIT_CHECKPOINT_DIR",
            "Where signed checkpoints of the audit trail are also written, outside the database",
        ),
    ] = None
    audit_retention_months: Annotated[
        _Positive, Var("TASKFLOW_AUDIT_RETENTION_MONTHS", "Months of audit trail to keep")
    ] = 24
    admins: Annotated[tuple[str, ...], Var("TASKFLOW_ADMINS", "User ids of administrators, separated by commas")] = ()
    phase: Annotated[
        Literal["iv", "v"], Var("TASKFLOW_PHASE", "`iv` serves Phase IV's API and columns and nothing else")
    ] = "v"
    bus: Annotated[
        Literal["embedded", "dapr"],
        Var("TASKFLOW_BUS", "The transport of events: `embedded` in one process, `dapr` by sidecars"),
    ] = "dapr"
    host: Annotated[str, Var("TASKFLOW_HOST", "Address to listen on")] = "127.0.0.1"
    port: Annotated[_Port, Var("TASKFLOW_PORT", "Port to listen on")] = 8000
    environment: Annotated[str, Var("TASKFLOW_ENVIRONMENT", "Name of the installation, shown by GET /health")] = (
        "development"
    )
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"], Var("TASKFLOW_LOG_LEVEL", "Least severe log lines to write")
    ] = "INFO"
    cors_origins: Annotated[
        tuple[_Origin, ...], Var("TASKFLOW_CORS_ORIGINS", "Origins, separated by commas, whose pages may call the API")
    ] = ()
    public_origin: Annotated[
        _Origin | None,
        Var(
            "TASKFLOW_PUBLIC_ORIGIN",
            "Origin browsers see, for example https://tasks.example.com; default: the request's own Host",
        ),
    ] = None
    jwt_expiry_seconds: Annotated[_Positive, Var("JWT_EXPIRY", "Seconds an access token is valid for")] = 86_400
    login_attempts_per_minute: Annotated[
        _Positive,
        Var("TASKFLOW_LOGIN_ATTEMPTS_PER_MINUTE", "Failed sign-ins allowed per address and e-mail in a minute"),
    ] = 10
    database_pool_size: Annotated[
        _Positive, Var("TASKFLOW_DATABASE_POOL_SIZE", "Connections each process keeps at most")
    ] = 10
    dapr_http_port: Annotated[_Port, Var("DAPR_HTTP_PORT", "Port of the Dapr sidecar's HTTP API")] = 3500
    dapr_pubsub: Annotated[str, Var("TASKFLOW_DAPR_PUBSUB", "Name of the Dapr pub/sub component")] = "taskflow-pubsub"
    chat_api_url: Annotated[
        str | None,
        Var(
            "TASKFLOW_CHAT_API_URL",
            "Where the processor reaches chat-api; default: through its sidecar under Dapr, in-process when embedded",
        ),
    ] = None
    ready_without_sidecar_seconds: Annotated[
        _NotNegative,
        Var(
            "TASKFLOW_READY_WITHOUT_SIDECAR_SECONDS",
            "How long chat-api stays ready after it lost its sidecar (its outbox waits)",
        ),
    ] = 0
    recurrence_interval_seconds: Annotated[
        _Positive, Var("TASKFLOW_RECURRENCE_INTERVAL_SECONDS", "How often due series are looked for")
    ] = 300
    reconcile_interval_seconds: Annotated[
        _NotNegative,
        Var(
            "TASKFLOW_RECONCILE_INTERVAL_SECONDS",
            "How often changes that Phase IV made are looked for; 0: only at start",
        ),
    ] = 300
    republish_after_seconds: Annotated[
        _Positive,
        Var(
            "TASKFLOW_REPUBLISH_AFTER_SECONDS",
            "Publish an event again when the audit trail still lacks it after this long",
        ),
    ] = 600
    dead_letter_after: Annotated[
        _Positive, Var("TASKFLOW_DEAD_LETTER_AFTER", "Attempts before an event becomes a dead letter (embedded bus)")
    ] = 3
    reminder_snapshot_seconds: Annotated[
        _Positive,
        Var("TASKFLOW_REMINDER_SNAPSHOT_SECONDS", "How often the reminder heap is reconciled with the database"),
    ] = 300
    stream_heartbeat_seconds: Annotated[
        _Positive, Var("TASKFLOW_STREAM_HEARTBEAT_SECONDS", "Seconds between heartbeats on an idle stream")
    ] = 30
    streams_per_user: Annotated[
        _Positive, Var("TASKFLOW_STREAMS_PER_USER", "Streams one user may have open on one instance")
    ] = 3
    stream_rate: Annotated[
        _Positive, Var("TASKFLOW_STREAM_RATE", "Messages a second to one user before they are coalesced")
    ] = 10
    stream_queue: Annotated[_Positive, Var("TASKFLOW_STREAM_QUEUE", "Frames that may wait for a slow reader")] = 256
    slow_reader: Annotated[
        Literal["drop_oldest", "disconnect"],
        Var("TASKFLOW_SLOW_READER", "What happens to a reader whose queue is full"),
    ] = "drop_oldest"
    replay_window_seconds: Annotated[
        _Positive, Var("TASKFLOW_REPLAY_WINDOW_SECONDS", "How far back a returning stream is replayed")
    ] = 3600
    otlp_endpoint: Annotated[
        str | None, Var("OTEL_EXPORTER_OTLP_ENDPOINT", "Where traces go (OTLP over HTTP); unset: nowhere")
    ] = None

    @property
    def owner_url(self) -> str:
        """The database as the owner of its tables."""
        return self.migration_database_url or self.database_url


def declared() -> dict[str, Var]:
    """The field of every setting with its variable."""
    hints = get_type_hints(Settings, include_extras=True)
    return {
        field: next(meta for meta in get_args(hint) if isinstance(meta, Var))
        for field, hint in hints.items()
        if get_origin(hint) is Annotated
    }


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from an environment. Empty variables count as unset.

    Raises SettingsError naming the variable that is missing, malformed, or a secret too short.
    """
    values: dict[str, Any] = {}
    hints = get_type_hints(Settings)
    for field, var in declared().items():
        given = environ.get(var.name, "")
        text = given.strip()
        if not text:
            continue
        if hints[field] == tuple[str, ...]:
            values[field] = tuple(part.strip() for part in text.split(",") if part.strip())
        else:
            # Users' tokens are signed with the secret as it is, blanks included: Phase IV does so too.
            values[field] = given if field == "auth_secret" else text
        if field.endswith(("_secret", "_token", "_key")) and len(text) < SHORTEST_SECRET:
            raise SettingsError(f"{var.name} must have at least {SHORTEST_SECRET} characters")
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_explain(str(error))) from None
    if settings.bus == "dapr" and settings.phase == "v" and settings.api_token is None:
        raise SettingsError("TASKFLOW_API_TOKEN is required with TASKFLOW_BUS=dapr: event routes demand it")
    return settings


def _explain(message: str) -> str:
    """msgspec's message with the variable's name in place of the field's. It names types, never values."""
    field = re.search(r"(?:field `|\$\.)(\w+)", message)
    if field is None:
        return message
    var = declared()[field[1]]
    if "missing required" in message:
        return f"{var.name} is not set: {var.help}"
    wrong = message.split(" - at ")[0]
    if "matching regex" in wrong:
        wrong = "give an origin like https://tasks.example.com, with nothing after the host and port"
    return f"{var.name}: {wrong} ({var.help})"
