"""Every error of the client, one tree below the core's root.

    GonogoError
    └── ClientError              code, message, details
        ├── Unreachable          server.unreachable, worker.silent: nobody answered within the patience
        │   └── Stuck            release.stuck: no worker can go on with the release
        ├── NotFound             release.not_found, flag.not_found
        ├── TooLarge             request.too_large: not sent at all
        ├── Stopped              release.stopped: its workflow was ended from outside, or failed
        ├── AuditFailed          audit.…: a ledger, history or bundle that does not say what was recorded
        └── Refused              the release refused the command; `code` is the core's, nothing changed
            ├── PlanDiffers      launch.plan_differs: an open release of this id has another plan
            └── ReleaseClosed    release.closed: the id is used up

A code is stable: scripts match it. A message names the value and what to do next.
"""

from collections.abc import Mapping

from gonogo.domain.errors import GonogoError


class ClientError(GonogoError):
    """Root of the client's errors.

    Attributes:
        code: stable, dotted.
        message: one sentence for a person.
        details: the values behind it, as text.
    """

    def __init__(self, code: str, message: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})


class Unreachable(ClientError):
    """The server, or every worker, was silent for as long as the client was told to be patient."""


class Stuck(Unreachable):
    """The workers that there are cannot go on with the release: its history does not replay with their code."""

    def __init__(self, release_id: str, why: str) -> None:
        super().__init__(
            "release.stuck",
            f"no worker can go on with {release_id}: its history does not replay with their code ({why}); "
            f"`gonogo audit replay {release_id}` shows where; start workers of the version of gonogo that ran before",
            {"release_id": release_id, "why": why},
        )


class NotFound(ClientError):
    """There is no such release or flag."""


class TooLarge(ClientError):
    """A request above the size limit. It was not sent: a server would take it, and no worker could answer it."""


class Stopped(ClientError):
    """The release's workflow did not come to its own end: terminated, timed out or failed."""


class AuditFailed(ClientError):
    """A ledger, a history or a bundle that cannot be read, is incomplete, or contradicts what was recorded."""


class Refused(ClientError):
    """The release refused the command; nothing changed."""


class PlanDiffers(Refused):
    """An open release of this id was launched with another plan.

    Attributes:
        differences: where the plans differ, `path: theirs -> ours`.
    """

    def __init__(self, release_id: str, differences: tuple[str, ...]) -> None:
        shown = [*differences[:5], *([f"and {len(differences) - 5} more"] if len(differences) > 5 else [])]
        super().__init__(
            "launch.plan_differs",
            f"{release_id} is open with another plan; change it by `gonogo amend {release_id} PLAN`, "
            f"or launch another version: {'; '.join(shown)}",
            {"release_id": release_id, "differences": "\n".join(differences), "conditions": "\n".join(shown)},
        )
        self.differences = differences


class ReleaseClosed(Refused):
    """The release has closed: its id is never used again."""

    def __init__(self, release_id: str, outcome: str) -> None:
        super().__init__(
            "release.closed",
            f"{release_id} is closed ({outcome or 'ended'}), and an id is never used again: launch another version",
            {"release_id": release_id, "outcome": outcome},
        )
