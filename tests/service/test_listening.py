"""What a process says when it cannot listen where it should: cause, and the setting that mends it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from service.api.serving import listening
from service.lanes.liveness import Liveness
from service.listening import AddressTakenError
from service.metrics import Metrics, Probes


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of 127.0.0.1 at which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_worker_whose_port_is_taken_names_its_setting(taken: int) -> None:
    """Two workers of one machine meet this first."""
    with pytest.raises(AddressTakenError, match=f"127.0.0.1:{taken} .*stop what is .*WIM_WORKER__METRICS_PORT"):
        Probes(Metrics(), Liveness(), "127.0.0.1", taken)


def test_an_api_whose_port_is_taken_names_its_setting(taken: int) -> None:
    """The port is what to change."""
    with pytest.raises(AddressTakenError, match=f"127.0.0.1:{taken} .*WIM_API__PORT"), listening("127.0.0.1", taken):
        pytest.fail("listens")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_an_address_of_no_machine_or_another_names_the_host(host: str) -> None:
    """Another port would not help: names that nobody knows and addresses of others are the host's setting."""
    with pytest.raises(AddressTakenError, match="WIM_API__HOST"), listening(host, 0):
        pytest.fail("listens")
    with pytest.raises(AddressTakenError, match="WIM_WORKER__METRICS_HOST"):
        Probes(Metrics(), Liveness(), host, 0)
