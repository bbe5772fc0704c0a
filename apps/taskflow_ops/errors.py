"""What an operator is told when an operation cannot go on."""


class OpsError(Exception):
    """An operation stopped. The message says why, what is as it was, and what to do."""


class UnreachableError(OpsError):
    """The cluster did not answer this time; what waits for it tries again."""


class MissingError(OpsError):
    """The cluster has no such object, or no such kind."""
