"""One Kafka broker in KRaft mode, with a disk of its own that a test may take away."""

import os
import shutil
import subprocess
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from e2e.rig import ports
from e2e.rig.children import Child
from e2e.rig.errors import RigError
from e2e.rig.programs import Programs
from e2e.rig.topics import Topic, declared, for_one_broker

START_SECONDS: Final = 60.0
# Small and quick to start rather than quick in the long run: it shares the machine with everything else.
_JVM: Final = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")

_SERVER: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={disk}
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""

_LOGGING: Final = """\
log4j.rootLogger={level}, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{{ISO8601}} %p %c{{1}} %m%n
"""


_PAYLOAD: Final = " payload: "
"""What Kafka's own tool writes before a message's value."""


class Kafka:
    """A broker with its files in `directory`, listening on `port` of this machine; its log is `log`.

    start() formats the disk if it is empty and makes the declared topics that are not there.
    """

    def __init__(self, programs: Programs, directory: Path, *, log: Path, port: int | None = None) -> None:
        self.port, self._controller_port = [port, *ports.free(1)] if port else ports.free(2)
        self.directory = directory
        self._programs = programs
        self._child = Child(
            "Kafka",
            [*self._java("server"), "kafka.Kafka", str(self._properties)],
            log=log,
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
        )

    @property
    def address(self) -> str:
        """What `brokers` is in a component."""
        return f"127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether the broker's process is there."""
        return self._child.running

    def start(self) -> None:
        """Starts the broker and returns once it answers and its topics are there. Raises RigError."""
        self.launch()
        self.finish_start()

    def finish_start(self) -> None:
        """The second part of start(): returns once the broker answers and its topics are there."""
        self.wait_ready()
        self.apply(for_one_broker(declared()))

    def launch(self) -> None:
        """The first part of start(), for the main thread: formats the disk if need be and starts the process."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for name, level in (("server", "INFO"), ("tool", "ERROR")):
            (self.directory / f"{name}-log4j.properties").write_text(_LOGGING.format(level=level), encoding="utf-8")
        self._properties.write_text(
            _SERVER.format(port=self.port, controller_port=self._controller_port, disk=self._disk), encoding="utf-8"
        )
        if not (self._disk / "meta.properties").exists():
            cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode("ascii").rstrip("=")
            self._tool("kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(self._properties))
        self._child.start()

    def wait_ready(self) -> None:
        """Returns once the broker answers. Raises RigError."""
        self._child.wait_until(lambda: ports.answers(self.port), within=START_SECONDS)

    def apply(self, topics: Sequence[Topic]) -> None:
        """Makes those of `topics` that are not there, with Kafka's own tool."""
        there = set(self.topic_names())
        with ThreadPoolExecutor(max_workers=2) as pool:  # each is a Java of its own, most of a second of work
            list(pool.map(self._make, [topic for topic in topics if topic.name not in there]))

    def topic_names(self) -> list[str]:
        """The topics that are there, Kafka's own included."""
        return self._admin("TopicCommand", "--list").split()

    def remove(self, topic: str) -> None:
        """Takes a topic away with all that lies in it; `apply` makes it anew."""
        self._admin("TopicCommand", "--delete", "--topic", topic)

    def configure(self, topic: str, name: str, value: str) -> None:
        """Changes one setting of a topic."""
        entity = ("--entity-type", "topics", "--entity-name", topic)
        self._tool(
            "kafka.admin.ConfigCommand",
            *("--bootstrap-server", self.address, "--alter", *entity, "--add-config", f"{name}={value}"),
        )

    def messages(self, topic: str) -> list[str]:
        """Every message that lies in a topic, as text; in each partition in order."""
        logs = ",".join(str(log) for log in sorted(self._disk.glob(f"{topic}-[0-9]*/*.log")))
        read = self._tool("kafka.tools.DumpLogSegments", "--print-data-log", "--files", logs)
        return [line.split(_PAYLOAD, 1)[1] for line in read.splitlines() if _PAYLOAD in line]

    def offsets(self, group: str) -> dict[tuple[str, int], tuple[int, int]]:
        """How far `group` is: (topic, partition) to (committed, end of the log), where it has committed anything."""
        found: dict[tuple[str, int], tuple[int, int]] = {}
        answer = self._admin("consumer.group.ConsumerGroupCommand", "--describe", "--offsets", "--group", group)
        for line in answer.splitlines():
            words = line.split()
            if len(words) >= 5 and words[0] == group and words[3].isdigit():
                found[words[1], int(words[2])] = (int(words[3]), int(words[4]))
        return found

    def stop(self) -> None:
        """Stops the broker in order."""
        self._child.stop(grace=15)

    def kill(self) -> None:
        """Ends the broker as a power cut would."""
        self._child.kill()

    def pause(self) -> None:
        """Makes the broker hang."""
        self._child.pause()

    def resume(self) -> None:
        """Lets the broker go on after pause()."""
        self._child.resume()

    def wipe(self) -> None:
        """Takes the disk away: topics, events and offsets. Only while the broker is stopped."""
        if self.running:
            raise RigError("Stop Kafka before its disk is taken away.")
        shutil.rmtree(self._disk, ignore_errors=True)

    @property
    def _disk(self) -> Path:
        return self.directory / "disk"

    @property
    def _properties(self) -> Path:
        return self.directory / "server.properties"

    def _make(self, topic: Topic) -> None:
        settings = [word for name, value in topic.settings.items() for word in ("--config", f"{name}={value}")]
        self._admin(
            "TopicCommand",
            *("--create", "--if-not-exists", "--topic", topic.name),
            *("--partitions", str(topic.partitions), "--replication-factor", str(topic.replication), *settings),
        )

    def _admin(self, tool: str, *arguments: str) -> str:
        return self._tool(f"org.apache.kafka.tools.{tool}", "--bootstrap-server", self.address, *arguments)

    def _tool(self, name: str, *arguments: str) -> str:
        done = subprocess.run(
            [*self._java("tool"), name, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )
        if done.returncode != 0:
            raise RigError(f"Kafka's {name.rsplit('.', 1)[-1]} failed:\n{(done.stderr or done.stdout).strip()}")
        return done.stdout

    def _java(self, logging: str) -> list[str]:
        return [
            str(self._programs.java),
            *_JVM,
            f"-Dlog4j.configuration=file:{self.directory / f'{logging}-log4j.properties'}",
            *("-cp", f"{self._programs.kafka_jars}/*"),
        ]
