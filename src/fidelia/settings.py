"""Settings: one typed object from a TOML file overlaid by ``FIDELIA_<SECTION>_<KEY>`` of the environment.

Every process that a supervisor starts reads the resolved settings from a file with mode 0600 (:func:`write_runtime`),
so that passwords never stand on a command line and all processes agree.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import msgspec

from fidelia.kernel.errors import FieldError

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Megabytes = Annotated[int, msgspec.Meta(ge=64)]

#: Names the file with resolved settings that :func:`write_runtime` wrote; it wins over every other source.
RUNTIME_VARIABLE = "FIDELIA_RUNTIME"


class SettingsError(Exception):
    """Settings that cannot be used; ``errors`` name each key (``postgres.pool_max``) and the reason."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("\n".join(f"{e.pointer}: {e.message}" for e in errors))
        self.errors = tuple(errors)


class _Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A group of keys; unknown keys are refused, so that a misspelt one is noticed."""


class ServerSettings(_Section, frozen=True):
    """Where the web listens, and the address under which people and mails reach it."""

    host: str = "127.0.0.1"
    port: Port = 8080
    public_url: str = ""


class DataSettings(_Section, frozen=True):
    """The folder that holds the embedded engines, uploaded files, keys and temporary files."""

    dir: str = "./fidelia-data"


class PostgresSettings(_Section, frozen=True):
    """PostgreSQL: an empty ``dsn`` starts the embedded server, which most other keys are for."""

    dsn: str = ""
    pool_max: Positive = 10
    shared_buffers_mb: Megabytes = 256
    max_connections: Annotated[int, msgspec.Meta(ge=20)] = 100
    max_wal_size_mb: Megabytes = 2048
    run_as: str = ""


class ClickHouseSettings(_Section, frozen=True):
    """ClickHouse: an empty ``dsn`` opens chDB in the core process; caps keep a query from taking the machine."""

    dsn: str = ""
    clients: Positive = 4
    max_server_memory_mb: Megabytes = 1200
    max_query_memory_mb: Megabytes = 1000
    spill_memory_mb: Megabytes = 200
    mark_cache_mb: Megabytes = 64
    max_threads: Positive = 2
    background_threads: Positive = 2
    query_timeout_seconds: Positive = 600


class SmtpSettings(_Section, frozen=True):
    """The mail server; an empty ``host`` means the built-in mailbox. ``rate`` is mails a second, 0 for no limit.

    ``return_path_domain`` is the domain that bounces go to, with the mail's own mark in the address; without it they
    go to the sender.
    """

    host: str = ""
    port: Port = 587
    username: str = ""
    password: str = ""
    tls: Literal["none", "starttls", "tls"] = "starttls"
    from_email: str = ""
    from_name: str = ""
    connections: Positive = 10
    rate: Annotated[int, msgspec.Meta(ge=0)] = 0
    return_path_domain: str = ""


class BouncesSettings(_Section, frozen=True):
    """Mail that comes back. A ``port`` starts the server that takes it for ``smtp.return_path_domain`` (0: none).

    ``per_minute``: mails taken from one address in a minute. After ``soft_limit`` soft bounces in ``soft_days`` without
    a mail that arrived, an address counts as dead. ``keep``: how many returned mails the list holds.
    """

    host: str = "0.0.0.0"  # noqa: S104 (other mail servers have to reach it; off until a port is set)
    port: Port = 0
    per_minute: Positive = 600
    soft_limit: Positive = 5
    soft_days: Positive = 30
    keep: Positive = 100_000


class MailboxSettings(_Section, frozen=True):
    """The capture mailbox: its SMTP port on loopback (0 = a free one) and how many mails it keeps."""

    port: Port = 0
    keep: Positive = 10_000


class JobsSettings(_Section, frozen=True):
    """Background work: jobs at a time per process, processes per role, and when a silent job counts as dead."""

    concurrency: Positive = 4
    core_concurrency: Positive = 4
    workers: Positive = 1
    senders: Positive = 1
    heartbeat_seconds: Positive = 5
    stalled_seconds: Positive = 20


class LimitsSettings(_Section, frozen=True):
    """Sizes above which a request is refused, the backlog above which a question becomes a job, and how many profiles
    the installation may hold (0: any number)."""

    body_bytes: Positive = 10_000_000
    file_bytes: Positive = 2_000_000_000
    batch_items: Positive = 10_000
    event_bytes: Positive = 32_768
    drain_rows: Positive = 200_000
    profiles: Annotated[int, msgspec.Meta(ge=0)] = 0
    recalculation_seconds: Positive = 1800


class SecuritySettings(_Section, frozen=True):
    """Sessions, brakes on guessing, and what the platform itself may reach.

    ``cookie_secure`` is ``auto`` (secure when ``server.public_url`` is https), ``always`` or ``never``.
    ``metrics_token`` opens ``/metrics`` to callers that are not on loopback. ``allow_networks`` names networks that
    may be reached though they are not public, such as ``10.1.0.0/16, fd00::/8``.
    """

    session_hours: Positive = 12
    login_attempts: Positive = 10
    login_window_seconds: Positive = 300
    key_events_per_second: Positive = 5_000
    allow_private_addresses: bool = False
    allow_networks: str = ""
    cookie_secure: Literal["auto", "always", "never"] = "auto"
    metrics_token: str = ""

    @property
    def networks(self) -> tuple[str, ...]:
        """Return the networks of ``allow_networks``."""
        return tuple(part.strip() for part in self.allow_networks.split(",") if part.strip())


class LogSettings(_Section, frozen=True):
    """Logs: level, and ``json`` lines or ``console`` text; ``auto`` is console on a terminal."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


class Settings(_Section, frozen=True):
    """Everything an operator can set."""

    server: ServerSettings = ServerSettings()
    data: DataSettings = DataSettings()
    postgres: PostgresSettings = PostgresSettings()
    clickhouse: ClickHouseSettings = ClickHouseSettings()
    smtp: SmtpSettings = SmtpSettings()
    bounces: BouncesSettings = BouncesSettings()
    mailbox: MailboxSettings = MailboxSettings()
    jobs: JobsSettings = JobsSettings()
    limits: LimitsSettings = LimitsSettings()
    security: SecuritySettings = SecuritySettings()
    log: LogSettings = LogSettings()

    @property
    def embedded_postgres(self) -> bool:
        """Tell whether the supervisor runs PostgreSQL itself."""
        return not self.postgres.dsn

    @property
    def embedded_clickhouse(self) -> bool:
        """Tell whether the core process opens chDB."""
        return not self.clickhouse.dsn

    @property
    def embedded(self) -> bool:
        """Tell whether any engine is embedded, so that only one installation may use the data folder."""
        return self.embedded_postgres or self.embedded_clickhouse

    @property
    def captures_mail(self) -> bool:
        """Tell whether mails go to the built-in mailbox because no mail server is set."""
        return not self.smtp.host

    @property
    def data_dir(self) -> Path:
        """Return the data folder, absolute."""
        return Path(self.data.dir).expanduser().resolve()

    @property
    def url(self) -> str:
        """Return the address people use, without a slash at the end."""
        if self.server.public_url:
            return self.server.public_url.rstrip("/")
        host = self.server.host
        if host in {"0.0.0.0", "::", ""}:  # noqa: S104 (compared, not bound)
            host = "127.0.0.1"
        return f"http://[{host}]:{self.server.port}" if ":" in host else f"http://{host}:{self.server.port}"

    @property
    def secure_cookies(self) -> bool:
        """Tell whether cookies carry the Secure attribute."""
        choice = self.security.cookie_secure
        return choice == "always" or (choice == "auto" and self.url.startswith("https://"))

    def replace(self, section: str, **changes: Any) -> Settings:
        """Return a copy with some keys of one section changed; values are taken as they are."""
        changed = msgspec.structs.replace(getattr(self, section), **changes)
        return msgspec.structs.replace(self, **{section: changed})


SECTIONS: Mapping[str, type[_Section]] = {
    field.encode_name: kind for field in msgspec.structs.fields(Settings) if isinstance(kind := field.type, type)
}


def load(
    config: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
) -> Settings:
    """Return the settings from the TOML file, the environment over it, and the command line's values over both.

    ``overrides`` maps section → key → value; ``None`` values are left out. The environment may also name the file
    (``FIDELIA_CONFIG``) or, for a process of a supervisor, the resolved settings (``FIDELIA_RUNTIME``). Raises
    :class:`SettingsError` naming every key at fault.
    """
    environ = os.environ if environ is None else environ
    if runtime := environ.get(RUNTIME_VARIABLE):
        return read_runtime(Path(runtime))
    errors: list[FieldError] = []
    tree: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS}
    _add_file(tree, config or environ.get("FIDELIA_CONFIG") or None, errors)
    _add_environment(tree, environ, errors)
    for name, values in (overrides or {}).items():
        tree[name].update({key: value for key, value in values.items() if value is not None})
    sections: dict[str, Any] = {}
    for name, kind in SECTIONS.items():
        sections[name] = _section(name, kind, tree[name], errors)
    if errors:
        raise SettingsError(errors)
    settings = Settings(**sections)
    _check(settings)
    return settings


def write_runtime(settings: Settings, path: Path) -> None:
    """Write resolved settings for the processes of a supervisor; the file is readable by its owner only."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(settings))
    temporary.replace(path)


def read_runtime(path: Path) -> Settings:
    """Read what :func:`write_runtime` wrote; raise :class:`SettingsError` when it is not there."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except (OSError, msgspec.DecodeError) as exc:
        raise SettingsError([FieldError(RUNTIME_VARIABLE, f"cannot read {path}: {exc}")]) from exc


def _add_file(tree: dict[str, dict[str, Any]], config: str | Path | None, errors: list[FieldError]) -> None:
    if config is None:
        return
    path = Path(config)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise SettingsError([FieldError("config", f"cannot read {path}: {exc.strerror}")]) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SettingsError([FieldError("config", f"{path} is not valid TOML: {exc}")]) from exc
    for name, values in document.items():
        if name not in tree:
            errors.append(FieldError(name, f"unknown section; known are {', '.join(tree)}"))
        elif not isinstance(values, dict):
            errors.append(FieldError(name, f"must be a section, written [{name}]"))
        else:
            tree[name].update(values)


def _add_environment(tree: dict[str, dict[str, Any]], environ: Mapping[str, str], errors: list[FieldError]) -> None:
    for variable, text in sorted(environ.items()):
        if not variable.startswith("FIDELIA_"):
            continue
        name, _, key = variable.removeprefix("FIDELIA_").lower().partition("_")
        if name not in tree or not key:
            continue  # FIDELIA_CONFIG and the variables of the build are no settings
        hints = get_type_hints(SECTIONS[name], include_extras=True)
        if key not in hints:
            errors.append(FieldError(variable, f"there is no key {key} in section {name}"))
            continue
        try:
            tree[name][key] = msgspec.convert(text, hints[key], strict=False)
        except msgspec.ValidationError as exc:
            errors.append(FieldError(variable, str(exc)))


def _section(name: str, kind: type[_Section], values: dict[str, Any], errors: list[FieldError]) -> _Section | None:
    known = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    count = len(errors)
    for key, value in values.items():
        if key not in known:
            errors.append(FieldError(f"{name}.{key}", f"unknown key; known are {', '.join(known)}"))
            continue
        try:
            msgspec.convert(value, known[key])
        except msgspec.ValidationError as exc:
            errors.append(FieldError(f"{name}.{key}", str(exc)))
    return kind(**values) if len(errors) == count else None


def _check(settings: Settings) -> None:
    """Refuse keys that are fine alone but not together."""
    errors: list[FieldError] = []
    if settings.postgres.dsn and not settings.postgres.dsn.startswith(("postgresql://", "postgres://")):
        errors.append(FieldError("postgres.dsn", "must start with postgresql://"))
    schemes = ("clickhouse://", "clickhouses://", "http://", "https://")
    if settings.clickhouse.dsn and not settings.clickhouse.dsn.startswith(schemes):
        errors.append(FieldError("clickhouse.dsn", f"must start with one of {' '.join(schemes)}"))
    if settings.server.public_url and not settings.server.public_url.startswith(("http://", "https://")):
        errors.append(FieldError("server.public_url", "must start with http:// or https://"))
    domain = settings.smtp.return_path_domain
    if domain and not re.fullmatch(r"(?=.{1,200}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+", domain):
        errors.append(FieldError("smtp.return_path_domain", "must be a domain such as bounces.example.org"))
    if settings.bounces.port and not domain:
        errors.append(FieldError("bounces.port", "needs smtp.return_path_domain: mails to it are what is taken"))
    for network in settings.security.networks:
        try:
            ip_network(network)
        except ValueError as exc:
            errors.append(FieldError("security.allow_networks", str(exc)))
    if settings.jobs.stalled_seconds <= settings.jobs.heartbeat_seconds:
        errors.append(FieldError("jobs.stalled_seconds", "must be larger than jobs.heartbeat_seconds"))
    if errors:
        raise SettingsError(errors)
