"""Settings from the environment, a file and secrets' files."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import KafkaSettings, Settings, is_loopback, leaves, read_settings, variable
from wim.document import RegistryErrors


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own settings."""
    for name in list(os.environ):
        if name.upper().startswith("WIM_"):
            monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty file that WIM_CONFIG names."""
    path = tmp_path / "wim.toml"
    path.touch()
    monkeypatch.setenv("WIM_CONFIG", str(path))
    return path


def complaints() -> list[str]:
    """What is said about the settings as they are."""
    with pytest.raises(RegistryErrors) as raised:
        read_settings()
    return [str(error) for error in raised.value.errors]


def test_the_defaults_reach_a_machine_by_itself() -> None:
    """Without any setting everything is on loopback, and nobody has access."""
    settings = read_settings()
    assert settings.kafka.bootstrap_servers == "127.0.0.1:9092"
    assert settings.database.url.get_secret_value() == "sqlite:///wim.db"
    assert (settings.api.host, settings.api.port, settings.worker.metrics_port) == ("127.0.0.1", 8000, 9101)
    assert (settings.auth.mode, settings.auth.tokens, settings.log.format) == ("tokens", None, "json")


def test_the_environment_goes_before_the_file(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment overrides one value of a file and keeps the others of the same table."""
    config.write_text('archive = "passages"\n[api]\nport = 1234\nhost = "127.0.0.2"\n')
    monkeypatch.setenv("WIM_API__PORT", "4321")
    settings = read_settings()
    assert (settings.api.port, settings.api.host, settings.archive) == (4321, "127.0.0.2", "passages")


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compose files pass variables that are empty where nobody set them."""
    monkeypatch.setenv("WIM_REGISTRY", "")
    monkeypatch.setenv("WIM_API__PORT", "")
    assert (read_settings().registry, read_settings().api.port) == (None, 8000)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("WIM_KAFKA__BOOTSTRAP_SERVER", "WIM_KAFKA__BOOTSTRAP_SERVERS"),
        ("WIM_KAFKA_BOOTSTRAP_SERVERS", "WIM_KAFKA__BOOTSTRAP_SERVERS"),
        ("WIM_REGISTRI", "WIM_REGISTRY"),
        ("WIM_CONFG", "WIM_CONFIG"),
        ("wim_api__prt", "WIM_API__PORT"),
    ],
)
def test_a_mistyped_variable_is_an_error_that_names_the_nearest(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: str
) -> None:
    """A setting that does nothing is never passed over in silence."""
    monkeypatch.setenv(name, "x")
    assert complaints() == [f'environment: {name}: is no setting; did you mean "{nearest}"?']


def test_a_mistyped_key_of_the_file_is_an_error_there(config: Path) -> None:
    """The file's own place is named, not a variable that nobody set."""
    config.write_text('[kafka]\nbootstrap_server = "x"\n[api]\nport = 70000\n')
    assert complaints() == [
        f'{config}: kafka.bootstrap_server: is not a key of this table; did you mean "bootstrap_servers"?',
        f"{config}: api.port: is 70000; write a whole number from 0 to 65535",
    ]


@pytest.mark.parametrize("value", ["broker", "broker:", ":9092", "a:1,b", "a:0", "a:99999", "a:1,,b:2"])
def test_an_address_without_port_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A Kafka client would only complain after a minute of trying."""
    monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", value)
    (line,) = complaints()
    assert line.startswith(f'environment: WIM_KAFKA__BOOTSTRAP_SERVERS: is "{value}"; write host:port')


def test_a_secret_is_read_from_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password need not stand in the environment; the line's end is not part of it."""
    (tmp_path / "url").write_text("postgresql+psycopg://wim:pa ss@db/wim\n")
    monkeypatch.setenv("WIM_DATABASE__URL_FILE", str(tmp_path / "url"))
    assert read_settings().database.url.get_secret_value() == "postgresql+psycopg://wim:pa ss@db/wim"


def test_a_secret_has_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret beside its file, and a file that is not there, are errors."""
    monkeypatch.setenv("WIM_DATABASE__URL", "sqlite:///a.db")
    monkeypatch.setenv("WIM_DATABASE__URL_FILE", str(tmp_path / "nowhere"))
    beside, absent = complaints()
    assert "stands beside WIM_DATABASE__URL; unset one of the two" in beside
    assert "cannot be read (No such file or directory)" in absent


def test_only_secrets_have_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path where a value belongs is a typing error."""
    monkeypatch.setenv("WIM_API__PORT_FILE", "/run/secrets/port")
    assert "is no setting" in complaints()[0]


def test_no_secret_comes_out_by_printing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the settings nor an error about them shows a password."""
    monkeypatch.setenv("WIM_DATABASE__URL", "postgresql+psycopg://wim:geheim@db/wim")
    assert "geheim" not in repr(read_settings())
    monkeypatch.setenv("WIM_KAFKA__SASL_PASSWORD", "geheim")
    assert "geheim" not in "".join(complaints())


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org", "127.0.0.1.example.org"])
def test_demo_mode_refuses_every_address_but_loopback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Printed tokens never open a port to others."""
    monkeypatch.setenv("WIM_AUTH__MODE", "demo")
    monkeypatch.setenv("WIM_API__HOST", host)
    assert complaints() == [
        f'environment: WIM_API__HOST: is "{host}" in demo mode; write 127.0.0.1, or use WIM_AUTH__MODE=tokens'
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_all_of_it(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Every address that only this machine reaches is fit for a demo."""
    monkeypatch.setenv("WIM_AUTH__MODE", "demo")
    monkeypatch.setenv("WIM_API__HOST", host)
    assert is_loopback(host)
    assert read_settings().auth.mode == "demo"


def test_a_provider_must_be_named_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody believes to be protected by a sign-in that accepts anybody's tokens."""
    monkeypatch.setenv("WIM_AUTH__MODE", "oidc")
    assert complaints() == [
        "environment: WIM_AUTH__OIDC__ISSUER: is missing in mode oidc; set it as the provider has it"
    ]
    monkeypatch.setenv("WIM_AUTH__OIDC__ISSUER", "http://id.example.org")
    assert complaints() == [
        'environment: WIM_AUTH__OIDC__ISSUER: is "http://id.example.org"; write an https:// address; http:// only on '
        "this machine"
    ]
    monkeypatch.setenv("WIM_AUTH__OIDC__ISSUER", "https://id.example.org")
    assert complaints() == [
        "environment: WIM_AUTH__OIDC__AUDIENCE: is missing in mode oidc; set it as the provider has it"
    ]
    monkeypatch.setenv("WIM_AUTH__OIDC__AUDIENCE", "wim")
    monkeypatch.setenv("WIM_AUTH__OIDC__ROLES", '{"wim-desk": "duty"}')
    assert read_settings().auth.oidc.roles == {"wim-desk": "duty"}


def test_a_public_address_is_an_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser's Origin has no path, so this has none."""
    monkeypatch.setenv("WIM_API__PUBLIC_URL", "https://wim.example.org/")
    assert complaints() == [
        'environment: WIM_API__PUBLIC_URL: is "https://wim.example.org/"; write scheme and host, such as '
        "https://wim.example.org, no path"
    ]


SASL = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": "wim", "sasl_password": "geheim"}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"sasl_username": "wim"}, "sasl_username is set, but security_protocol PLAINTEXT does not use it"),
        ({"security_protocol": "SSL", **SASL}, "sasl_mechanism is set, but security_protocol SSL does not use it"),
        ({"ca_file": __file__}, "ca_file is set, but security_protocol PLAINTEXT does not use it"),
        ({"security_protocol": "SASL_SSL"}, "sasl_mechanism is missing for SASL_SSL"),
        ({"security_protocol": "SASL_SSL", **SASL, "sasl_password": None}, "sasl_password is missing for SASL_SSL"),
        ({"security_protocol": "SSL", "key_file": __file__}, "certificate_file is missing beside key_file"),
        ({"security_protocol": "SSL", "certificate_file": __file__}, "key_file is missing beside certificate_file"),
        ({"security_protocol": "SSL", "key_password": "geheim"}, "key_password is set without key_file"),
        ({"security_protocol": "SSL", "ca_file": "/nowhere.pem"}, "ca_file is /nowhere.pem, which is no file"),
        ({"security_protocol": "SSL", "ca_file": __file__}, "ca_file cannot be used"),
        (
            {"security_protocol": "SASL_PLAINTEXT", **SASL, "sasl_mechanism": "PLAIN"},
            "would send the password in clear",
        ),
    ],
)
def test_half_configured_security_is_refused(given: dict[str, str | None], complaint: str) -> None:
    """What looks protected and is not never starts."""
    with pytest.raises(ValidationError, match=complaint):
        KafkaSettings.model_validate(given)


def test_both_kafka_libraries_get_the_same_security() -> None:
    """aiokafka and librdkafka are told the same name, password and protocol in their own words."""
    kafka = KafkaSettings.model_validate({"security_protocol": "SASL_SSL", **SASL})
    client, rdkafka = kafka.client_security(), kafka.rdkafka_security()
    assert isinstance(client.pop("ssl_context"), ssl.SSLContext)
    assert client == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "wim",
        "sasl_plain_password": "geheim",
    }
    assert rdkafka == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": "wim",
        "sasl.password": "geheim",
    }


def test_plain_text_needs_no_keywords() -> None:
    """A broker on the same machine is reached without any."""
    assert KafkaSettings().client_security() == KafkaSettings().rdkafka_security() == {}


def test_every_setting_of_the_contract_has_its_variable() -> None:
    """Other people's deployments rely on these names."""
    names = {variable(keys) for keys, _ in leaves()}
    assert names >= {
        "WIM_KAFKA__BOOTSTRAP_SERVERS", "WIM_DATABASE__URL", "WIM_REGISTRY", "WIM_POLICY", "WIM_ARCHIVE",
        "WIM_API__HOST", "WIM_API__PORT", "WIM_WORKER__METRICS_PORT", "WIM_AUTH__MODE", "WIM_LOG__FORMAT",
    }  # fmt: skip


def test_a_program_may_give_settings_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given to the constructor holds whatever the environment says."""
    monkeypatch.setenv("WIM_API__PORT", "1")
    assert Settings.model_validate({"api": {"port": 2}}).api.port == 2
