"""How long each activity may take, how often it is tried, what is not tried again: a row for each, only here."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy

_NEVER = ["BadParams", "DeliveryRefused", "UnknownAdapter", "BrokenAdapter", "gonogo.refused"]
"""Errors, by class name, that another try cannot mend."""


def _retry(first: float, most: float, attempts: int = 0) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=timedelta(seconds=first),
        maximum_interval=timedelta(seconds=most),
        maximum_attempts=attempts,
        non_retryable_error_types=_NEVER,
    )


@dataclass(frozen=True)
class Row:
    """The options of one activity.

    Attributes:
        start_to_close: longest single try.
        schedule_to_close: longest in all; the workflow then goes on with "unclear".
        retry: how tries follow one another.
        heartbeat: longest silence of a running try; None: it does not heartbeat.
    """

    start_to_close: timedelta
    schedule_to_close: timedelta
    retry: RetryPolicy
    heartbeat: timedelta | None = None


_S, _M, _H, _D = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

OPTIONS: dict[str, Row] = {
    "admit": Row(10 * _S, _M, _retry(1, 5, 3)),
    "resolve_slots": Row(20 * _S, 10 * _M, _retry(1, 60)),
    # Each check has its own timeout inside; a try that is lost with its worker is made once more.
    "measure_checks": Row(10 * _M, 15 * _M, _retry(1, 10, 3), heartbeat=10 * _S),
    "claim_flags": Row(_M, 5 * _M, _retry(1, 30), heartbeat=10 * _S),
    # A rollback that died with its worker must not wait for the longest try to be over.
    "write_flags": Row(5 * _M, 10 * _M, _retry(1, 30), heartbeat=10 * _S),
    # A watch lasts as long as a bake or a person's decision; its heartbeat tells when its worker is gone.
    "watch_guards": Row(400 * _D, 400 * _D, _retry(1, 30), heartbeat=10 * _S),
    "notify": Row(2 * _M, 10 * _M, _retry(1, 30, 3), heartbeat=10 * _S),
    "tell_flags": Row(_M, 30 * _M, _retry(1, 60), heartbeat=10 * _S),
    "probe_flag": Row(_M, 5 * _M, _retry(1, 30, 3), heartbeat=10 * _S),
}
"""Activity -> its options."""
