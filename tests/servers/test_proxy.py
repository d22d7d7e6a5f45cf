"""The blocked road does to bytes what its faults say."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.kafka.counting import wait_for
from tests.servers.proxy import CUT, NONE, Fault, Proxy

#: Bounds how long a test may hang.
SECONDS = 10.0


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends everything back."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer(client: socket.socket) -> None:
        with client:
            try:
                while piece := client.recv(65_536):
                    client.sendall(piece)
            except OSError:
                return

    def serve() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(client,), daemon=True).start()

    serving = threading.Thread(target=serve, daemon=True)
    serving.start()
    yield listening.getsockname()[1]
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    serving.join()


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    with Proxy(echo) as running:
        yield running


def connected(proxy: Proxy) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", proxy.port), timeout=SECONDS)
    client.settimeout(SECONDS)
    return client


def echoed(client: socket.socket, sent: bytes) -> bytes:
    client.sendall(sent)
    found = b""
    while len(found) < len(sent):
        piece = client.recv(65_536)
        if not piece:
            break
        found += piece
    return found


def refuses(proxy: Proxy) -> bool:
    """Whether a new connection is reset before anything comes back."""
    try:
        with connected(proxy) as client:
            client.sendall(b"x")
            return client.recv(1) == b""
    except (ConnectionResetError, BrokenPipeError):
        return True


def suffer(proxy: Proxy, fault: Fault) -> None:
    proxy.suffer(fault)
    wait_for(lambda: proxy.fault == fault)


def test_without_a_fault_every_byte_passes_both_ways(proxy: Proxy) -> None:
    """Half a megabyte there and back."""
    with connected(proxy) as client:
        sent = bytes(range(256)) * 2_000
        assert echoed(client, sent) == sent


def test_a_cut_resets_what_is_open_and_what_comes(proxy: Proxy) -> None:
    """And once it is over new connections pass."""
    with connected(proxy) as client:
        assert echoed(client, b"before") == b"before"
        suffer(proxy, CUT)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert refuses(proxy)
    suffer(proxy, NONE)
    with connected(proxy) as client:
        assert echoed(client, b"after") == b"after"


@pytest.mark.parametrize("way", ["to the server", "to the client"])
def test_bytes_of_a_silent_direction_come_when_it_is_over(proxy: Proxy, way: str) -> None:
    """Nothing is lost, and the connection stays."""
    suffer(proxy, Fault(silent=frozenset({way})))  # type: ignore[arg-type]
    with connected(proxy) as client:
        client.sendall(b"waits")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(SECONDS)
        suffer(proxy, NONE)
        assert client.recv(5) == b"waits"


def test_resets_and_turned_bits_hit_their_share(proxy: Proxy) -> None:
    """All of them where the share is one."""
    suffer(proxy, Fault(flip_share=1.0))
    with connected(proxy) as client:
        (there_and_back,) = echoed(client, b"\x00")
        assert there_and_back.bit_count() in (0, 2)
    suffer(proxy, Fault(reset_share=1.0))
    assert refuses(proxy)
