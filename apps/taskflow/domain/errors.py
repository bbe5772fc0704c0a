"""How a rule of the domain says no."""


class FieldError(ValueError):
    """A value a client gave breaks a rule. `field` names the client's field, `message` says what to do about it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
