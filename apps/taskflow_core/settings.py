"""Every setting, declared once: its variable, its type, its default and what it is for.

docs/configuration.md holds the same table; a test compares the two.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from taskflow_core.audit_settings import AuditSettings, Positive, Var
from taskflow_core.chat_settings import ChatSettings
from taskflow_core.settings_checks import SettingsError, check_mail, check_network

SHORTEST_SECRET: Final = 32
"""Characters a secret must have (Phase IV's own rule for BETTER_AUTH_SECRET)."""


_NotNegative = Annotated[int, Meta(ge=0)]
_Port = Annotated[int, Meta(ge=0, le=65_535)]
_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^/?#*\s@:\[\]]+)(:[0-9]{1,5})?$"
_Origin = Annotated[str, Meta(pattern=f"^https?://{_HOST}")]
_Host = Annotated[str, Meta(pattern=f"^{_HOST}")]


class Settings(ChatSettings, frozen=True, kw_only=True):
    """What a process is told. Read it with `load`; tests construct it."""

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
    audit_encryption_keys: Annotated[
        tuple[str, ...],
        Var(
            "TASKFLOW_AUDIT_ENCRYPTION_KEY",
            "Encrypts the keys of the audit trail; audit-logger demands it. Of several (commas) the first encrypts",
            secret=True,
        ),
    ] = ()
    sidecar_token: Annotated[
        str | None, Var("DAPR_API_TOKEN", "What the Dapr sidecar demands of its service", secret=True)
    ] = None
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
    keep_alive_seconds: Annotated[
        Positive,
        Var(
            "TASKFLOW_KEEP_ALIVE_SECONDS",
            "How long a connection without a request is kept; longer than any load balancer in front keeps its own",
        ),
    ] = 620
    max_connections: Annotated[
        Positive,
        Var(
            "TASKFLOW_MAX_CONNECTIONS",
            "Connections and streams a process takes; nearly there it closes idle ones, beyond it answers 503",
        ),
    ] = 20_000
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
    allowed_hosts: Annotated[
        tuple[_Host, ...],
        Var(
            "TASKFLOW_ALLOWED_HOSTS",
            "Hosts, separated by commas, that are answered besides the public origin's, once that is set",
        ),
    ] = ()
    phase_iv_cookies: Annotated[
        tuple[str, ...],
        Var(
            "TASKFLOW_PHASE_IV_COOKIES",
            "Cookies, separated by commas, that sign in besides our own, with tokens that Phase IV issued",
        ),
    ] = ()
    jwt_expiry_seconds: Annotated[Positive, Var("JWT_EXPIRY", "Seconds an access token is valid for")] = 86_400
    trusted_proxies: Annotated[
        tuple[str, ...],
        Var(
            "TASKFLOW_TRUSTED_PROXIES",
            "Networks, separated by commas, whose X-Forwarded-For tells where a request comes from; default: nobody's",
        ),
    ] = ()
    login_attempts_per_minute: Annotated[
        Positive,
        Var(
            "TASKFLOW_LOGIN_ATTEMPTS_PER_MINUTE",
            "Failed sign-ins in a minute with one e-mail, from all new devices together; a known device has as many",
        ),
    ] = 10
    address_login_attempts_per_minute: Annotated[
        Positive,
        Var(
            "TASKFLOW_ADDRESS_LOGIN_ATTEMPTS_PER_MINUTE",
            "Failed sign-ins in a minute from one address (of IPv6: its /64), known devices apart",
        ),
    ] = 100
    all_login_attempts_per_minute: Annotated[
        Positive,
        Var("TASKFLOW_ALL_LOGIN_ATTEMPTS_PER_MINUTE", "Failed sign-ins in a minute in all, known devices apart"),
    ] = 1000
    address_sign_ups_per_hour: Annotated[
        Positive, Var("TASKFLOW_ADDRESS_SIGN_UPS_PER_HOUR", "Sign-ups in an hour from one address (of IPv6: its /64)")
    ] = 200
    all_sign_ups_per_hour: Annotated[Positive, Var("TASKFLOW_ALL_SIGN_UPS_PER_HOUR", "Sign-ups in an hour in all")] = (
        10_000
    )
    database_pool_size: Annotated[
        Positive, Var("TASKFLOW_DATABASE_POOL_SIZE", "Connections each process keeps at most")
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
        Positive, Var("TASKFLOW_RECURRENCE_INTERVAL_SECONDS", "How often due series are looked for")
    ] = 300
    reconcile_interval_seconds: Annotated[
        _NotNegative,
        Var(
            "TASKFLOW_RECONCILE_INTERVAL_SECONDS",
            "How often changes that Phase IV made are looked for; 0: only at start",
        ),
    ] = 300
    republish_after_seconds: Annotated[
        Positive,
        Var(
            "TASKFLOW_REPUBLISH_AFTER_SECONDS",
            "Publish an event again when the audit trail still lacks it after this long",
        ),
    ] = 600
    dead_letter_after: Annotated[
        Positive, Var("TASKFLOW_DEAD_LETTER_AFTER", "Attempts before an event becomes a dead letter (embedded bus)")
    ] = 3
    reminder_snapshot_seconds: Annotated[
        Positive,
        Var("TASKFLOW_REMINDER_SNAPSHOT_SECONDS", "How often the reminder heap is reconciled with the database"),
    ] = 300
    stream_heartbeat_seconds: Annotated[
        Positive, Var("TASKFLOW_STREAM_HEARTBEAT_SECONDS", "Seconds between heartbeats on an idle stream")
    ] = 30
    tasks_per_user: Annotated[Positive, Var("TASKFLOW_TASKS_PER_USER", "Tasks one user may have")] = 50_000
    trash_days: Annotated[Positive, Var("TASKFLOW_TRASH_DAYS", "Days for which deleted tasks can be restored")] = 30
    kept_answers_per_user: Annotated[
        Positive,
        Var("TASKFLOW_KEPT_ANSWERS_PER_USER", "Answers kept under one user's Idempotency-Keys, each for a day"),
    ] = 10_000
    streams_per_user: Annotated[
        Positive, Var("TASKFLOW_STREAMS_PER_USER", "Streams one user may have open on one instance")
    ] = 3
    stream_rate: Annotated[
        Positive, Var("TASKFLOW_STREAM_RATE", "Messages a second to one user before they are coalesced")
    ] = 10
    stream_queue: Annotated[Positive, Var("TASKFLOW_STREAM_QUEUE", "Frames that may wait for a slow reader")] = 256
    slow_reader: Annotated[
        Literal["drop_oldest", "disconnect"],
        Var("TASKFLOW_SLOW_READER", "What happens to a reader whose queue is full"),
    ] = "drop_oldest"
    replay_window_seconds: Annotated[
        Positive, Var("TASKFLOW_REPLAY_WINDOW_SECONDS", "How far back a returning stream is replayed")
    ] = 3600
    otlp_endpoint: Annotated[
        str | None, Var("OTEL_EXPORTER_OTLP_ENDPOINT", "Where traces go (OTLP over HTTP); unset: nowhere")
    ] = None

    @property
    def by_https(self) -> bool:
        """Whether browsers reach the site by https."""
        return (self.public_origin or "").startswith("https:")


_Told = TypeVar("_Told", bound=AuditSettings)


def declared(kind: type[AuditSettings] = Settings) -> dict[str, Var]:
    """The field of every setting with its variable."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field: next(meta for meta in get_args(hint) if isinstance(meta, Var))
        for field, hint in hints.items()
        if get_origin(hint) is Annotated
    }


def load(environ: Mapping[str, str]) -> Settings:
    """Settings from an environment. Empty variables count as unset.

    Raises SettingsError naming the variable that is missing, malformed, or a secret too short.
    """
    settings = _load(environ, Settings)
    if settings.bus == "dapr" and settings.phase == "v" and settings.api_token is None:
        raise SettingsError("TASKFLOW_API_TOKEN is required with TASKFLOW_BUS=dapr: event routes demand it")
    for network in settings.trusted_proxies:
        check_network("TASKFLOW_TRUSTED_PROXIES", network)
    if settings.smtp_url is not None:
        check_mail(settings.smtp_url, settings.mail_from, settings.public_origin)
    if settings.second_reader_url is not None and settings.second_reader_model is None:
        raise SettingsError("TASKFLOW_SECOND_READER_MODEL is required with TASKFLOW_SECOND_READER_URL")
    return settings


def load_audit(environ: Mapping[str, str]) -> AuditSettings:
    """The settings of the audit commands; the owner's URL is enough for them. Raises as `load` does."""
    name = "TASKFLOW_DATABASE_URL"
    url = environ.get(name) or environ.get("TASKFLOW_MIGRATION_DATABASE_URL", "")
    return _load({**environ, name: url}, AuditSettings)


def _load(environ: Mapping[str, str], kind: type[_Told]) -> _Told:
    values: dict[str, Any] = {}
    hints = get_type_hints(kind)
    for field, var in declared(kind).items():
        given = environ.get(var.name, "")
        text = given.strip()
        if not text:
            continue
        if hints[field] == tuple[str, ...]:
            values[field] = tuple(part.strip() for part in text.split(",") if part.strip())
        else:
            # Users' tokens are signed with the secret as it is, blanks included: Phase IV does so too.
            values[field] = given if field == "auth_secret" else text
        if field.endswith(("_secret", "_token", "_key", "_keys")):
            for secret in text.split(",") if field.endswith("_keys") else (text,):
                if len(secret.strip()) < SHORTEST_SECRET:
                    raise SettingsError(f"{var.name} must have at least {SHORTEST_SECRET} characters")
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(_explain(str(error))) from None


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
        if field[1] == "allowed_hosts":
            wrong = "give hosts like tasks.example.com, without a scheme, a path or a *"
    return f"{var.name}: {wrong} ({var.help})"
