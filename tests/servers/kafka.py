"""A real Kafka cluster in KRaft mode, one node or several, from the jars that deploy/kafka/pom.xml names.

`python3 -m tests.servers.kafka` (behind `make kafka`) runs one node in the foreground until Ctrl-C; the tests start
their own through `Cluster`. It needs the standard library only, so that it also runs before anything is installed.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import processes

PROJECT = Path(__file__).resolve().parents[2]
LIBS = PROJECT / ".local" / "kafka" / "libs"
#: Where `make kafka` keeps its data from run to run.
NODE_FOLDER = PROJECT / ".local" / "kafka" / "node"

#: A node answers about 3 s after its start on two idle cores; a busy CI machine may need ten times that.
START_SECONDS = 90.0
#: A clean shutdown hands over leadership and closes its logs; tests that want a crash use `Node.kill`.
STOP_SECONDS = 15.0
#: A free port may be taken by another process before the node binds it.
START_TRIES = 3

#: What KafkaRaftServer logs once the broker is registered, caught up and unfenced.
READY_LINE = b"Kafka Server started"


def missing() -> str | None:
    """Why no Kafka can run here, with what to do about it; None where it can."""
    if shutil.which("java") is None:
        return "no Java: install a Java 17 runtime (Debian: openjdk-17-jre-headless)"
    if not list(LIBS.glob("kafka_2.13-4.*.jar")):
        return f"no Kafka jars in {LIBS.relative_to(PROJECT)}: run `make kafka-jars` (needs Maven)"
    return None


@dataclass
class Node:
    """One broker and controller: its files, its ports and, while it runs, its process."""

    number: int
    folder: Path
    port: int
    controller_port: int
    #: Where a second listener is bound, and under which port it is told to clients: that of a proxy before it.
    hidden_port: int | None = None
    proxy_port: int | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where clients reach it."""
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Everything that its latest start printed."""
        return self.folder / "broker.log"

    @property
    def properties(self) -> Path:
        """Its configuration file."""
        return self.folder / "server.properties"

    @property
    def formatted(self) -> bool:
        """Whether its data folder already belongs to a cluster."""
        return (self.folder / "data" / "meta.properties").exists()

    def format(self, cluster_id: str) -> None:
        """Makes its data folder part of the cluster; only once in the folder's life."""
        command = _java("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self.properties))
        with self.log.open("wb") as output:
            status = subprocess.call(command, stdout=output, stderr=subprocess.STDOUT)
        if status != 0:
            raise processes.ServerError(f"Kafka node {self.number}", f"formatting ended with status {status}", self.log)

    def launch(self) -> None:
        """Starts the process without waiting for it."""
        self.log.write_bytes(b"")
        command = _java("kafka.Kafka", str(self.properties), options=["-Xmx512m"])
        self.process = processes.start(processes.tied(command), self.log)

    def wait(self) -> None:
        """Returns once the node serves clients."""
        assert self.process is not None, "launch() comes first"
        processes.wait_until(f"Kafka node {self.number}", self.process, self.log, self._ready, START_SECONDS)

    def start(self) -> None:
        """Starts it again after `stop` or `kill`, on the same ports and data."""
        self.launch()
        self.wait()

    def stop(self) -> None:
        """Ends it as an operator would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._end(signal.SIGKILL)

    def _ready(self) -> bool:
        return READY_LINE in self.log.read_bytes()

    def _end(self, first: signal.Signals) -> None:
        if self.process is not None:
            processes.stop(self.process, first, STOP_SECONDS)
            self.process = None


@dataclass
class Cluster:
    """The nodes of one cluster; `bootstrap_servers` names them all."""

    nodes: list[Node]

    @property
    def bootstrap_servers(self) -> str:
        """As Kafka's clients want it: `host:port,host:port`."""
        return ",".join(node.address for node in self.nodes)

    def start(self, cluster_id: str) -> None:
        """Formats the nodes that need it, starts all of them, and returns once all serve clients."""
        for node in self.nodes:
            _configure(node, self.nodes)
            if not node.formatted:
                node.format(cluster_id)
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.wait()

    def stop(self) -> None:
        """Ends all nodes cleanly."""
        for node in self.nodes:
            node.stop()

    def kill(self) -> None:
        """Ends all nodes at once: for data that nobody will read again."""
        for node in self.nodes:
            node.kill()


def new_cluster_id() -> str:
    """A random id in the form Kafka wants: 22 characters of URL-safe base 64."""
    # A leading dash would read as an option on StorageTool's command line.
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")


@contextlib.contextmanager
def throwaway(folder: Path, nodes: int = 1, proxy_port: int | None = None) -> Iterator[Cluster]:
    """A running cluster on free ports with its data in `folder`, killed at the end.

    Of one node, it can be reached through a proxy too: who comes by `proxy_port` is sent on by it, to `hidden_port`.
    """
    cluster = _start_on_free_ports(folder, nodes, proxy_port)
    try:
        yield cluster
    finally:
        cluster.kill()


def _start_on_free_ports(folder: Path, nodes: int, proxy_port: int | None) -> Cluster:
    for attempt in range(1, START_TRIES + 1):
        cluster = _plan(folder / f"try-{attempt}", nodes, proxy_port)
        try:
            cluster.start(new_cluster_id())
        except processes.ServerError:
            cluster.kill()
            if attempt == START_TRIES:
                raise
        except BaseException:
            cluster.kill()
            raise
        else:
            return cluster
    raise AssertionError("the last try returns or raises")


def _plan(folder: Path, nodes: int, proxy_port: int | None) -> Cluster:
    """A cluster on ports that are free now, not yet started."""
    ports = iter(processes.free_ports(3 * nodes))
    planned = [Node(n, folder / f"node-{n}", next(ports), next(ports)) for n in range(1, nodes + 1)]
    if proxy_port is not None:
        (node,) = planned
        node.hidden_port, node.proxy_port = next(ports), proxy_port
    return Cluster(planned)


def _java(main: str, *arguments: str, options: Sequence[str] = ()) -> list[str]:
    return ["java", *options, "-cp", f"{LIBS}/*", main, *arguments]


def _configure(node: Node, nodes: Sequence[Node]) -> None:
    """Writes the node's properties: a broker that is its own controller, open to loopback only."""
    copies = min(3, len(nodes))
    settings = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": ",".join(f"{peer.number}@127.0.0.1:{peer.controller_port}" for peer in nodes),
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{node.address},CONTROLLER://127.0.0.1:{node.controller_port}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": node.folder / "data",
        # A misspelt topic must fail, not appear.
        "auto.create.topics.enable": "false",
        "default.replication.factor": copies,
        "min.insync.replicas": max(1, copies - 1),
        "offsets.topic.replication.factor": copies,
        # The default of 50 partitions costs a new broker seconds before the first group can form.
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": max(1, copies - 1),
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": max(1, copies - 1),
        # A killed node may register again only when its old session is over: 9 s by default.
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        # Production waits 3 s for more members before the first assignment; a test has all of its own at once.
        "group.initial.rebalance.delay.ms": 0,
    }
    if node.hidden_port is not None:
        settings["listeners"] = f"{settings['listeners']},PROXIED://127.0.0.1:{node.hidden_port}"
        settings["advertised.listeners"] = f"PLAINTEXT://{node.address},PROXIED://127.0.0.1:{node.proxy_port}"
        settings["listener.security.protocol.map"] = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT"
    node.folder.mkdir(parents=True, exist_ok=True)
    node.properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make kafka", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--folder", type=Path, default=PROJECT / ".local" / "kafka" / "node", help="where its data stays"
    )
    parser.add_argument("--port", type=int, default=9092)
    parser.add_argument("--controller-port", type=int, default=9093)
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Runs one node in the foreground until Ctrl-C, SIGTERM or its own end."""
    reason = missing()
    if reason is not None:
        print(reason, file=sys.stderr)
        return 1
    options = _arguments(words)
    cluster = Cluster([Node(1, options.folder, options.port, options.controller_port)])
    # SIGTERM is taken as Ctrl-C, so that both end the broker cleanly; a shell's background job would ignore Ctrl-C.
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, signal.default_int_handler)
    try:
        cluster.start(new_cluster_id())
        print(f"Kafka serves {cluster.bootstrap_servers}; Ctrl-C ends it. Data: {options.folder}", flush=True)
        return _watch(cluster.nodes[0])
    except processes.ServerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        cluster.stop()


def _watch(node: Node) -> int:
    assert node.process is not None
    status = node.process.wait()
    print(f"Kafka ended by itself with status {status}; its log: {node.log}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
