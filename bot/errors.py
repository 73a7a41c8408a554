"""For everybody who raises or catches: the one tree of errors, each leaf saying who acts next.

JieliError
├── SettingsError          the operator mends the named variable and starts again
├── BadInput               the caller sends it again in the right form
│   ├── TooLarge           the caller sends less
│   └── WrongPassword      the agent types the present password again
├── NotAuthenticated       the caller proves who it is
│   └── Forbidden          the caller asks somebody with the right
│       └── Disabled       the agent asks an administrator to enable the account
├── NotFound               the caller looks for something else
├── RateLimited            the caller waits `retry_after` seconds
├── Conflict               the caller looks at `holder` and decides anew
│   ├── AlreadyClaimed     the agent picks another conversation
│   ├── StaleEpoch         the sender reads the conversation again
│   ├── WrongState         the caller sees what is possible now
│   ├── AlreadyExists      the caller picks another name
│   ├── OutageOver         the operator pins a new notice
│   └── LastAdmin          the administrator makes somebody else an administrator first
├── BrainError             the router hands over to a person
│   ├── BrainDown          nobody answered in time, or no model is loaded
│   └── BrainFailed        the brain answered with an error
└── DeliveryError          the outbox decides by the leaf
    ├── TryAgain           the outbox, after `after` seconds
    ├── Rejected           nobody: it will never arrive; the agent is shown why
    │   └── CustomerGone   nobody: what is queued for this customer is cancelled
    └── OutcomeUnknown     the agent, who sees the mark and may ask the customer
"""

from __future__ import annotations

from typing import Any


class JieliError(Exception):
    """Root of the tree. `code` is stable for machines, `remedy` is a sentence for who acts next."""

    code = "error"
    status = 500
    remedy = ""

    def __init__(self, message: str = "", *, remedy: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        if remedy is not None:
            self.remedy = remedy


class SettingsError(JieliError):
    """A setting makes no sense."""

    code = "settings"


class BadInput(JieliError):
    """The request is malformed."""

    code, status = "bad_input", 400
    remedy = "Send it again in the form that the API describes."


class TooLarge(BadInput):
    """The request is larger than this call takes."""

    code, status = "too_large", 413
    remedy = "Send less than 1 MiB at a time."


class WrongPassword(BadInput):
    """The present password is wrong."""

    code = "wrong_password"
    remedy = "Type it again."


class NotAuthenticated(JieliError):
    """Whoever called did not prove who it is."""

    code, status = "not_authenticated", 401
    remedy = "Sign in again."


class Forbidden(NotAuthenticated):
    """Whoever called is known, and may not do this."""

    code, status = "forbidden", 403
    remedy = "Ask an administrator."


class Disabled(Forbidden):
    """This account is disabled."""

    code = "disabled"
    remedy = "Ask an administrator to enable it."


class NotFound(JieliError):
    """There is no such thing."""

    code, status = "not_found", 404
    remedy = "Go back to the list."


class RateLimited(JieliError):
    """Too many tries."""

    code, status = "rate_limited", 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message, remedy=f"Try again in {retry_after} seconds.")
        self.retry_after = retry_after


class Conflict(JieliError):
    """Somebody was faster. `holder` says who holds it now: `{state, epoch, agent}`."""

    code, status = "conflict", 409
    remedy = "Look at the conversation as it is now."

    def __init__(self, message: str = "", *, holder: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.holder = holder


class AlreadyClaimed(Conflict):
    """Another agent has this conversation."""

    code = "already_claimed"
    remedy = "Pick another conversation."


class StaleEpoch(Conflict):
    """The conversation has moved on since it was read."""

    code = "stale_epoch"


class WrongState(Conflict):
    """This cannot be done with the conversation as it is."""

    code = "wrong_state"


class AlreadyExists(Conflict):
    """This name is taken."""

    code = "already_exists"
    remedy = "Pick another name."


class OutageOver(Conflict):
    """This notice is over."""

    code = "outage_over"
    remedy = "Pin a new one."


class LastAdmin(Conflict):
    """Somebody has to stay administrator."""

    code = "last_admin"
    remedy = "Make somebody else an administrator first."


class BrainError(JieliError):
    """No answer from the brain."""

    code, status = "brain", 503


class BrainDown(BrainError):
    """No brain answered in time, or none has a model loaded."""

    code = "brain_down"
    remedy = "The gateway starts it again; look at the brain's log if that lasts."


class BrainFailed(BrainError):
    """The brain answered with an error."""

    code = "brain_failed"
    remedy = "Look at the brain's log under the message id."


class DeliveryError(JieliError):
    """A message did not reach the customer, or not certainly."""

    code = "delivery"


class TryAgain(DeliveryError):
    """The platform asked for patience, or was not reached at all: nothing was delivered."""

    code = "try_again"

    def __init__(self, message: str, *, after: float | None = None, parts_sent: int = 0) -> None:
        super().__init__(message)
        self.after = after
        # of a long message that goes out in several: those that arrived and are not to be sent again
        self.parts_sent = parts_sent


class Rejected(DeliveryError):
    """The platform refused the message for good."""

    code = "rejected"


class CustomerGone(Rejected):
    """The customer blocked the bot or unsubscribed."""

    code = "customer_gone"


class OutcomeUnknown(DeliveryError):
    """The platform was reached and did not say whether it delivered."""

    code = "outcome_unknown"
