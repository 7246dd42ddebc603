"""The errors of the lab: one root, one leaf a case, each saying what is known of the task."""


class LabError(Exception):
    """The root: something in the lab went wrong, and the message says what."""


class InvalidSetting(LabError):
    """A setting cannot be used; the message names the variable."""


class InvalidTask(LabError):
    """A request body is no task: it must be corrected before it is sent again."""


class InvalidRequest(LabError):
    """A header or query parameter cannot be used; the message names it."""


class KeyReused(LabError):
    """An idempotency key was used before, for another task."""


class BodyTooLarge(LabError):
    """A request body is longer than a task can be."""


class UnsupportedBody(LabError):
    """A request body is not declared as JSON."""


class DecodeError(LabError):
    """A message is no task: it can never be stored and belongs to the dead letters."""


class BrokerUnavailable(LabError):
    """The task was not handed to the broker: it is certainly not queued."""


class PublishRefused(LabError):
    """The broker answered that it did not take the task: it is certainly not queued."""


class PublishUnconfirmed(LabError):
    """The broker has not answered in time: the task may be queued or not."""


class StoreUnavailable(LabError):
    """The database did not answer in time, or could not carry out what it was asked."""
