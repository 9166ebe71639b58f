"""The typed client: launch, steer and read releases from Python.

Names are imported when they are first used: `gonogo --help` must not wait for Temporal and pydantic.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gonogo.domain.values import Candidate as Candidate

    from .calling import Patience as Patience
    from .connect import local_actor as local_actor
    from .errors import AuditFailed as AuditFailed
    from .errors import ClientError as ClientError
    from .errors import NotFound as NotFound
    from .errors import PlanDiffers as PlanDiffers
    from .errors import Refused as Refused
    from .errors import ReleaseClosed as ReleaseClosed
    from .errors import Stopped as Stopped
    from .errors import Stuck as Stuck
    from .errors import TooLarge as TooLarge
    from .errors import Unreachable as Unreachable
    from .launching import Launched as Launched
    from .listing import ReleaseRow as ReleaseRow
    from .plan_file import PlanFileError as PlanFileError
    from .plan_file import read_plan_path as read_plan_path
    from .release_client import ReleaseClient as ReleaseClient

_HOMES = {
    "Candidate": ".domain.values",
    "Patience": "calling",
    "local_actor": "connect",
    "AuditFailed": "errors",
    "ClientError": "errors",
    "NotFound": "errors",
    "PlanDiffers": "errors",
    "Refused": "errors",
    "ReleaseClosed": "errors",
    "Stopped": "errors",
    "Stuck": "errors",
    "TooLarge": "errors",
    "Unreachable": "errors",
    "Launched": "launching",
    "ReleaseRow": "listing",
    "PlanFileError": "plan_file",
    "read_plan_path": "plan_file",
    "ReleaseClient": "release_client",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
