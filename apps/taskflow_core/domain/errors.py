"""How the domain says no. Nothing here knows of HTTP: `taskflow_core.service.errors` has the answer to each."""

from taskflow_core.domain.field_codes import FieldCode


class FieldError(ValueError):
    """A value a client gave breaks a rule. `field` names the client's field, `message` says what to do about it, and
    `code` with `params` says the same to programs.
    """

    def __init__(self, field: str, message: str, code: FieldCode = "INVALID_VALUE", **params: str | int) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
        self.code: FieldCode = code
        self.params = params


class DomainError(Exception):
    """A use case refuses what was asked. `message` says why, to people.

    `retry_after_seconds` is for what is refused for the moment only; `params` say to programs what the message says
    beyond the error's code.
    """

    def __init__(self, message: str, *, retry_after_seconds: int | None = None, **params: str | int) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_seconds = retry_after_seconds
        self.params = params


class TaskNotCreatedError(DomainError):
    """A new task cannot be: its title is blank, or its user is gone."""


class TaskNotChangedError(DomainError):
    """A task cannot be changed in this way: its title would be blank."""


class NoTaskToChangeError(DomainError):
    """The task to change is not there, or not this user's."""

    def __init__(self, message: str = "Task not found or you don't have permission to edit it") -> None:
        super().__init__(message)


class NoTaskToDeleteError(DomainError):
    """The task to delete is not there, or not this user's."""

    def __init__(self) -> None:
        super().__init__("Task not found or you don't have permission to delete it")


class TaskNotFoundError(DomainError):
    """The task asked for is not there, or not this user's."""

    def __init__(self) -> None:
        super().__init__("There is no such task among yours.")


class SignUpError(DomainError):
    """There can be no account of this address: it is taken, or none."""


class SignUpClosedError(DomainError):
    """Nobody may sign up."""

    def __init__(self) -> None:
        super().__init__("Nobody can sign up here by themselves; ask whoever runs this installation.")


class InvitationNeededError(DomainError):
    """Who signs up has no invitation, or none that counts, or one for another address."""

    def __init__(self) -> None:
        super().__init__("To sign up here takes an invitation for your address, each of which counts once and in time.")


class EmailTakenError(DomainError):
    """Another account has the address."""

    def __init__(self) -> None:
        super().__init__("Another account has this e-mail address.")


class InvalidLinkError(DomainError):
    """A one-time link that does not count."""

    def __init__(self) -> None:
        super().__init__("The link is unknown or used, or its time is over; ask for another one.")


class NoMailError(DomainError):
    """What takes a mail cannot be had where none are sent."""

    def __init__(self) -> None:
        super().__init__("This installation sends no mail; ask whoever runs it for the link.")


class TooManyMailsError(DomainError):
    """Too many mails were asked for."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many mails were asked for; try again in {seconds} seconds.", retry_after_seconds=seconds)


class WrongCredentialsError(DomainError):
    """There is no account of this address and password."""

    def __init__(self) -> None:
        super().__init__("Email or password is incorrect")


class WrongPasswordError(DomainError):
    """Who is signed in gave another password than the account's to confirm who they are."""

    def __init__(self) -> None:
        super().__init__("That is not the password of your account.")


class TooManyAttemptsError(DomainError):
    """Too many attempts to sign in have failed."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many failed sign-ins; try again in {seconds} seconds.", retry_after_seconds=seconds)


class TooManySignUpsError(DomainError):
    """Too many accounts were made, or tried to be."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many sign-ups; try again in {seconds} seconds.", retry_after_seconds=seconds)


class SignInBusyError(DomainError):
    """More passwords wait to be looked at than can be soon."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"Too many sign in or up just now; try again in {seconds} seconds.", retry_after_seconds=seconds
        )


class TooManyTokensError(DomainError):
    """The user has as many personal tokens as one may have."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"You have as many personal tokens as one may have, {most}; revoke some that you do not need.", most=most
        )


class TooManyTasksError(DomainError):
    """The user has as many tasks as one may have."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"You have as many tasks as one may have, {most:,}; delete some that you no longer need.", most=most
        )


class TooManyAnswersError(DomainError):
    """The user has as many answers kept as one may have."""

    def __init__(self, most: int) -> None:
        super().__init__(
            f"You have sent as many Idempotency-Keys in a day as one may, {most:,}; send this without one, or later.",
            most=most,
        )


class TooManyExportsError(DomainError):
    """The account is being exported already, or as many others are as a process exports at a time."""

    def __init__(self) -> None:
        super().__init__("An export is running; try again when it has ended.", retry_after_seconds=30)


class AccountGoneError(DomainError):
    """The account of whoever asks does not exist any more."""

    def __init__(self) -> None:
        super().__init__("This account no longer exists; sign in again.")
