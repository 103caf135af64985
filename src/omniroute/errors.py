"""Every error that OmniRoute raises on purpose, in one tree.

What may live here: exception classes without behaviour. Everybody may import this module; it imports nothing.

::

    OmniRouteError
    ├── CallerError              the caller asked for something that cannot be: do not repeat it unchanged
    │   ├── InvalidInput         malformed or out of bounds (HTTP 422)
    │   ├── NotFound             no such thing, or none that you may know of (404)
    │   ├── Conflict             the state has moved on: look again (409)
    │   │   └── RefusedByRule    a rule stands against it and the supervisors know; ``code`` says which rule (409)
    │   ├── Forbidden            you may not (403)
    │   ├── Unauthenticated      we do not know who you are (401)
    │   ├── TooLarge             over a named limit (413, SMTP 552)
    │   └── ConfigError          the configuration file is wrong; carries the path of the mistake
    ├── Busy                     overloaded on purpose: repeat after ``retry_after_s`` (429, SMTP 451)
    ├── DeliveryError            a channel could not send
    │   ├── DeliveryDeferred     temporary: the outbox tries again
    │   └── DeliveryRefused      permanent: the outbox gives up and tells the operator
    ├── JournalError             the record could not be written or read
    │   ├── JournalLocked        another daemon owns this journal
    │   ├── JournalFull          no space: intake is refused, reading goes on (507, SMTP 452)
    │   └── JournalCorrupt       what is recorded contradicts itself: recovery needs a person
    └── PluginError              a plugin broke its contract; names the plugin
"""


class OmniRouteError(Exception):
    """The root. ``str(error)`` is fit for the public: it holds no content, address, path or secret."""

    code = "internal"
    retryable = False


class CallerError(OmniRouteError):
    """The caller's fault; repeating the same call gives the same answer."""

    code = "bad_request"


class InvalidInput(CallerError):
    """Malformed, unknown or out of bounds. ``path`` names the offending field where there is one."""

    code = "invalid_input"

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class NotFound(CallerError):
    """No such thing, or none that the caller may know of; the two look the same from outside."""

    code = "not_found"


class Conflict(CallerError):
    """Legal once, not in the present state (an offer that has ended, an item that somebody else owns)."""

    code = "conflict"


class RefusedByRule(Conflict):
    """A rule stands against it, and whoever may decide otherwise has been told. ``code`` names the rule."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Forbidden(CallerError):
    """The caller is known and may not do this."""

    code = "forbidden"


class Unauthenticated(CallerError):
    """The caller is not known, or the proof is stale or forged."""

    code = "unauthenticated"


class TooLarge(CallerError):
    """Over a limit with a name."""

    code = "too_large"


class ConfigError(CallerError):
    """The configuration is wrong. ``path`` is like ``queues.billing.offer``; the message says how to mend it."""

    code = "config"

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


class Busy(OmniRouteError):
    """Overload is a designed state: come again after ``retry_after_s`` seconds; nothing was taken."""

    code = "busy"
    retryable = True

    def __init__(self, message: str = "too much work is waiting; try again shortly", retry_after_s: int = 5) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeliveryError(OmniRouteError):
    """A channel could not carry out an effect. Raise one of the two kinds below."""

    code = "delivery"


class DeliveryDeferred(DeliveryError):
    """Temporary: the outbox repeats it with back-off, and not before ``retry_after_s`` where the other side said so."""

    retryable = True

    def __init__(self, message: str, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeliveryRefused(DeliveryError):
    """Permanent: the outbox writes a dead letter and the operator is told."""


class JournalError(OmniRouteError):
    """The record could not be written or read; what was not acknowledged may or may not be there."""

    code = "journal"
    retryable = True


class JournalLocked(JournalError):
    """Another daemon owns this journal; the message names what is known of it."""

    code = "journal_locked"
    retryable = False


class JournalFull(JournalError):
    """No space is left: intake is refused until there is, reading goes on."""

    code = "journal_full"


class JournalCorrupt(JournalError):
    """The record contradicts itself (a gap, an unknown event, a digest that does not match)."""

    code = "journal_corrupt"
    retryable = False


class PluginError(OmniRouteError):
    """A plugin broke its contract. ``plugin`` is its name."""

    code = "plugin"

    def __init__(self, plugin: str, message: str) -> None:
        super().__init__(f"{plugin}: {message}")
        self.plugin = plugin
