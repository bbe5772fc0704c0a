"""What can go wrong with the rig, in words for the one who started it."""


class RigError(RuntimeError):
    """The rig cannot be built or does not run; the message says why and what to do."""
