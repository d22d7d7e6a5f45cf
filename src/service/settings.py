"""How this process reaches what is around it: brokers, database, files, addresses. What a region decides is policy.

Each setting is an environment variable, `WIM_` and the keys joined by `__` (`WIM_KAFKA__BOOTSTRAP_SERVERS`).
`WIM_CONFIG` may name a TOML file with the same keys as tables (`[kafka] bootstrap_servers = …`); the environment goes
before it. A secret may be left in a file: `WIM_KAFKA__SASL_PASSWORD_FILE=/run/secrets/kafka`. A name that does not
exist is an error.
"""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from service.documents import MisfitError, Mistake, is_secret, mistakes, read_toml
from service.notice_settings import NoticeSettings
from service.oidc.settings import OidcSettings
from wim.document import RegistryError, RegistryErrors, nearest

PREFIX = "WIM_"
_NEST = "__"
#: Names the optional file; it is read before there are settings, so it is none itself.
CONFIG = f"{PREFIX}CONFIG"
#: Switches of the project's own tests; a process started by one may inherit them.
_TESTS = f"{PREFIX}REQUIRE_"
#: After the name of a secret: the file that holds it.
FILE_SUFFIX = "_FILE"

#: Scheme, host and perhaps a port, as the header Origin has them.
_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")

_SECTION = ConfigDict(extra="forbid", frozen=True)


class KafkaSettings(BaseModel):
    """The brokers, and how to prove to each other who is who."""

    model_config = _SECTION

    bootstrap_servers: str = Field("127.0.0.1:9092", description="host:port of one broker or more, with commas")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="SSL: encrypted; SASL: with a name and a password"
    )
    ca_file: Path | None = Field(None, description="who signed the brokers' certificates; none = the system's list")
    certificate_file: Path | None = Field(None, description="our certificate, where brokers ask for one")
    key_file: Path | None = Field(None, description="the key of our certificate")
    key_password: SecretStr | None = Field(None, description="the password of that key")
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None

    @field_validator("bootstrap_servers")
    @classmethod
    def _addresses(cls, value: str) -> str:
        for address in value.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
                raise MisfitError("", f'is "{value}"', "write host:port, more of them with commas between")
        return value

    @model_validator(mode="after")
    def _complete(self) -> KafkaSettings:
        _check_tls(self)
        _check_sasl(self)
        return self

    def client_security(self) -> dict[str, Any]:
        """The keywords of an aiokafka client."""
        if self.security_protocol == "PLAINTEXT":
            return {}
        found: dict[str, Any] = {"security_protocol": self.security_protocol}
        if "SSL" in self.security_protocol.split("_"):
            found["ssl_context"] = self._tls()
        if self.sasl_mechanism:
            found["sasl_mechanism"] = self.sasl_mechanism
            found["sasl_plain_username"] = self.sasl_username
            found["sasl_plain_password"] = _open(self.sasl_password)
        return found

    def rdkafka_security(self) -> dict[str, str]:
        """The same for librdkafka."""
        if self.security_protocol == "PLAINTEXT":
            return {}
        found = {
            "security.protocol": self.security_protocol,
            "ssl.ca.location": self.ca_file,
            "ssl.certificate.location": self.certificate_file,
            "ssl.key.location": self.key_file,
            "ssl.key.password": _open(self.key_password),
            "sasl.mechanisms": self.sasl_mechanism,
            "sasl.username": self.sasl_username,
            "sasl.password": _open(self.sasl_password),
        }
        return {key: str(value) for key, value in found.items() if value is not None}

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file and self.key_file:
            context.load_cert_chain(self.certificate_file, self.key_file, _open(self.key_password))
        return context


class DatabaseSettings(BaseModel):
    """Where offsets, cases, rates and the ledger live."""

    model_config = _SECTION

    url: SecretStr = Field(
        SecretStr("sqlite:///wim.db"), description="sqlite:///FILE, or postgresql+psycopg://USER:PASSWORD@HOST/NAME"
    )


class ApiSettings(BaseModel):
    """Where the HTTP API listens."""

    model_config = _SECTION

    host: str = Field("127.0.0.1", min_length=1, description="the address to listen at; loopback until told otherwise")
    port: int = Field(8000, ge=0, le=65_535, description="0 = any free one")
    public_url: str | None = Field(
        None, description="the address that browsers use, where a proxy stands between: https://wim.example.org"
    )
    tls_certificate_file: Path | None = Field(None, description="serve HTTPS with this certificate")
    tls_key_file: Path | None = Field(None, description="the key of that certificate")

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str | None) -> str | None:
        if value is not None and not _ORIGIN.fullmatch(value):
            raise MisfitError("", f'is "{value}"', "write scheme and host, such as https://wim.example.org, no path")
        return value

    @model_validator(mode="after")
    def _complete(self) -> ApiSettings:
        _check_pair(self, "tls_certificate_file", "tls_key_file")
        _check_files(self, "tls_certificate_file", "tls_key_file")
        return self


class WorkerSettings(BaseModel):
    """The stream worker."""

    model_config = _SECTION

    metrics_host: str = Field("127.0.0.1", min_length=1, description="where its metrics and health are served")
    metrics_port: int = Field(9101, ge=0, le=65_535, description="0 = any free one")


class AuthSettings(BaseModel):
    """Who may use the API."""

    model_config = _SECTION

    mode: Literal["oidc", "tokens", "demo"] = Field(
        "tokens",
        description="tokens: a file of hashes; oidc: a provider's tokens; demo: printed at each start, loopback only",
    )
    tokens: Path | None = Field(None, description="the token file (mode tokens); `wim tokens new` makes entries")
    pseudonym_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="makes the pseudonyms that analysts see instead of plates; none = others at each start",
    )

    oidc: OidcSettings = Field(default_factory=OidcSettings)

    @model_validator(mode="after")
    def _complete(self) -> AuthSettings:
        for name in ("issuer", "audience"):
            if self.mode == "oidc" and not getattr(self.oidc, name):
                raise MisfitError(f"oidc.{name}", "is missing in mode oidc", "set it as the provider has it")
        return self


class LogSettings(BaseModel):
    """What the processes say."""

    model_config = _SECTION

    format: Literal["json", "pretty"] = Field("json", description="pretty is for people at a terminal")
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(BaseSettings):
    """Every setting. What is given to the constructor goes before the environment; processes call `read_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=_NEST, env_ignore_empty=True, extra="forbid", frozen=True
    )

    registry: Path | None = Field(None, description="the registry file (corridors, sites, squads)")
    policy: Path | None = Field(None, description="the policy file; none = every number at its default")
    webhooks: Path | None = Field(None, description="the webhooks file: where joint actions are pushed; none = nowhere")
    archive: str = Field("", description="folder or bucket of passages and frames of violations; empty = none")
    kafka: KafkaSettings = Field(default_factory=KafkaSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    api: ApiSettings = Field(default_factory=ApiSettings)
    worker: WorkerSettings = Field(default_factory=WorkerSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    notices: NoticeSettings = Field(default_factory=NoticeSettings)
    log: LogSettings = Field(default_factory=LogSettings)

    @model_validator(mode="after")
    def _demo_stays_home(self) -> Settings:
        if self.auth.mode == "demo" and not is_loopback(self.api.host):
            raise MisfitError(
                "api.host", f'is "{self.api.host}" in demo mode', "write 127.0.0.1, or use WIM_AUTH__MODE=tokens"
            )
        return self


def read_settings() -> Settings:
    """The settings of this process.

    Raises:
        RegistryErrors: all that is wrong in the environment and in the file that `WIM_CONFIG` names.
    """
    path = os.environ.get(CONFIG)
    document = read_toml(Path(path), f"mend or unset {CONFIG}") if path else {}
    errors = list(_unknown_names())
    _fill_secrets(document, errors)
    if errors:
        raise RegistryErrors(errors)
    try:
        return _reading(document)()
    except ValidationError as error:
        raise RegistryErrors([_located(item, path) for item in mistakes(error, Settings)]) from None


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def variable(keys: tuple[str, ...]) -> str:
    """The environment variable of a setting."""
    return PREFIX + _NEST.join(keys).upper()


def leaves(
    model: type[BaseModel] = Settings, keys: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Every single setting with the keys that lead to it."""
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from leaves(annotation, (*keys, name))
        else:
            yield (*keys, name), field


class _Environment(EnvSettingsSource):
    """The environment without the names of secrets' files, which `_fill_secrets` has read."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        loaded = super()._load_env_vars()
        files = {name.lower() for name in _secret_files()}
        return {name: value for name, value in loaded.items() if name.lower() not in files}


def _reading(document: dict[str, Any]) -> type[Settings]:
    """`Settings` that take from the document what neither the constructor nor the environment says."""

    class Configured(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, _Environment(settings_cls), InitSettingsSource(settings_cls, document)

    return Configured


def _unknown_names() -> Iterator[RegistryError]:
    known = {variable(keys) for keys, _ in leaves()} | {CONFIG}
    files = _secret_files()
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and not name.startswith(_TESTS) and name.upper() not in {*known, *files}:
            yield RegistryError("environment", name, "is no setting", nearest(name.upper(), sorted(known)))


def _secret_files() -> dict[str, tuple[str, ...]]:
    """The names that may point to a secret's file, and the keys of the secret."""
    return {variable(keys) + FILE_SUFFIX: keys for keys, field in leaves() if is_secret(field)}


def _fill_secrets(document: dict[str, Any], errors: list[RegistryError]) -> None:
    """Put what the `…_FILE` variables point to into the document."""
    for name, keys in _secret_files().items():
        path = os.environ.get(name)
        if not path:
            continue
        if os.environ.get(variable(keys)):
            errors.append(RegistryError("environment", name, f"stands beside {variable(keys)}", "unset one of the two"))
        try:
            _put(document, keys, Path(path).read_text().rstrip("\r\n"))
        except (OSError, UnicodeDecodeError) as error:
            problem = f"names {path}, which cannot be read ({getattr(error, 'strerror', 'not UTF-8')})"
            errors.append(RegistryError("environment", name, problem, "give the path of a readable file"))


def _put(document: dict[str, Any], keys: tuple[str, ...], value: str) -> None:
    section = document
    for key in keys[:-1]:
        section = section.setdefault(key, {})
        if not isinstance(section, dict):
            return  # the document is wrong there, which validation will say
    section[keys[-1]] = value


def _located(mistake: Mistake, path: str | None) -> RegistryError:
    """The mistake at the place where its author wrote it: the file where only the file speaks of it."""
    name = variable(mistake.keys)
    if path and name not in os.environ and name + FILE_SUFFIX not in os.environ:
        return RegistryError(path, ".".join(mistake.keys), mistake.problem, mistake.remedy)
    return RegistryError("environment", name, mistake.problem, mistake.remedy)


def _open(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _check_tls(kafka: KafkaSettings) -> None:
    names = ("ca_file", "certificate_file", "key_file", "key_password")
    if "SSL" not in kafka.security_protocol.split("_"):
        _check_unused(kafka, names, "SASL_SSL" if kafka.sasl_mechanism else "SSL")
    _check_pair(kafka, "certificate_file", "key_file")
    if kafka.key_password and not kafka.key_file:
        raise MisfitError("key_password", "is set without key_file", "set key_file and certificate_file too")
    _check_files(kafka, "ca_file", "certificate_file", "key_file")
    _check_usable(kafka)


def _check_usable(kafka: KafkaSettings) -> None:
    try:
        kafka.client_security()
    except OSError as error:  # ssl's errors are OSErrors
        key = "certificate_file" if kafka.certificate_file else "ca_file"
        raise MisfitError(key, f"cannot be used ({error})", "give PEM files that belong together") from None


def _check_sasl(kafka: KafkaSettings) -> None:
    names = ("sasl_mechanism", "sasl_username", "sasl_password")
    if not kafka.security_protocol.startswith("SASL"):
        return _check_unused(kafka, names, "SASL_SSL")
    for name in names:
        if getattr(kafka, name) is None:
            raise MisfitError(name, f"is missing for {kafka.security_protocol}", "set it, or security_protocol to SSL")
    if (kafka.security_protocol, kafka.sasl_mechanism) == ("SASL_PLAINTEXT", "PLAIN"):
        raise MisfitError("security_protocol", "would send the password in clear", 'write "SASL_SSL", or use SCRAM')
    return None


def _check_unused(kafka: KafkaSettings, names: tuple[str, ...], protocol: str) -> None:
    for name in names:
        if getattr(kafka, name) is not None:
            problem = f"is set, but security_protocol {kafka.security_protocol} does not use it"
            raise MisfitError(name, problem, f'unset it, or set security_protocol to "{protocol}"')


def _check_pair(section: BaseModel, one: str, other: str) -> None:
    for name, partner in ((one, other), (other, one)):
        if getattr(section, name) is None and getattr(section, partner) is not None:
            raise MisfitError(name, f"is missing beside {partner}", "set both or neither")


def _check_files(section: BaseModel, *names: str) -> None:
    for name in names:
        path = getattr(section, name)
        if path is not None and not path.is_file():
            raise MisfitError(name, f"is {path}, which is no file", "give the path of a readable file")
