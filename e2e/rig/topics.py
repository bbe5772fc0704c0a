"""The topics that platform/kafka declares."""

from collections.abc import Mapping
from dataclasses import dataclass

from e2e.rig import manifests


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic with its number of partitions, of copies, and its further settings as Kafka names them."""

    name: str
    partitions: int
    replication: int
    settings: Mapping[str, str]


def declared() -> list[Topic]:
    """The topics as production has them."""
    [config_map] = manifests.read("kafka", "topics.yaml")
    data = dict(config_map["data"])
    lines = [line.split() for line in data.pop("topics").splitlines() if line.strip()]
    replication = int(data.pop("replication.factor"))
    return [
        Topic(name=name, partitions=int(partitions), replication=replication, settings=data)
        for name, partitions in lines
    ]


def for_one_broker(topics: list[Topic]) -> list[Topic]:
    """The same topics where there is one broker to keep the copies."""
    return [
        Topic(
            name=topic.name,
            partitions=topic.partitions,
            replication=1,
            settings={**topic.settings, "min.insync.replicas": "1"},
        )
        for topic in topics
    ]
