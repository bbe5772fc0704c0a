"""What the five services share: domain rules, events, the bus, service composition and settings."""

from importlib.metadata import version

__version__ = version("taskflow-platform")
