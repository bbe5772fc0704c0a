"""What goes wrong with the cluster, said so that a reader knows what to do."""


class ClusterError(Exception):
    """The cluster cannot be built, started or reached; the message says why and what helps."""
