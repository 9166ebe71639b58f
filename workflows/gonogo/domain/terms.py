"""The closed sets of words that state, events and commands share."""

from enum import StrEnum


class Phase(StrEnum):
    """Where a release stands in its life."""

    SCOPING = "scoping"
    READYING = "readying"
    DECIDING = "deciding"
    AWAITING_WINDOW = "awaiting_window"
    ROLLING_OUT = "rolling_out"
    CLEANING_UP = "cleaning_up"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled_back"


TERMINAL = (Phase.COMPLETED, Phase.CANCELLED, Phase.ROLLED_BACK)
OPEN = tuple(p for p in Phase if p not in TERMINAL)
BEFORE_ROLLOUT = (Phase.SCOPING, Phase.READYING, Phase.DECIDING, Phase.AWAITING_WINDOW)


class FeatureStatus(StrEnum):
    """Where a feature stands."""

    PROPOSED = "proposed"
    IN_PROGRESS = "in_progress"
    MERGED = "merged"
    DELAYED = "delayed"
    DEFERRED = "deferred"
    DROPPED = "dropped"


OUT = (FeatureStatus.DEFERRED, FeatureStatus.DROPPED)


class ItemStatus(StrEnum):
    """Where a checklist item stands."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    BLOCKED = "blocked"
    WAIVED = "waived"


class ItemOrigin(StrEnum):
    """Where an item comes from."""

    PLAN = "plan"
    CONDITION = "condition"
    REVIEW = "review"


class ExceptionKind(StrEnum):
    """What a late change asks for."""

    SCOPE = "scope"
    LATE = "late"


class ExceptionStatus(StrEnum):
    """Where a request for a late change stands."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Choice(StrEnum):
    """What a ballot says."""

    GO = "GO"
    NO_GO = "NO_GO"
    ABSTAIN = "ABSTAIN"


class Ended(StrEnum):
    """How a round of the poll ended."""

    VOTED = "voted"
    NO_GO = "no_go"
    EXPIRED = "expired"
    POSTPONED = "postponed"
    SUPERSEDED = "superseded"
    OVERRIDDEN = "overridden"


class HoldReason(StrEnum):
    """Why a release is held."""

    MANUAL = "manual"
    NO_GO = "no_go"
    READINESS = "readiness"
    GUARD = "guard"
    SCHEDULE = "schedule"
    ROLLED_BACK = "rolled_back"


class AskedFor(StrEnum):
    """What made a round of checks run."""

    FREEZE = "freeze"
    READYING = "readying"
    CANDIDATE = "candidate"
    ASKED = "asked"
    POLL = "poll"
    AGED = "aged"
    EVERY = "every"
    OPENING = "opening"
    STAGE = "stage"
    COMPLETION = "completion"


class Settled(StrEnum):
    """How a flag of this release is settled."""

    GONE = "gone"
    WAIVED = "waived"
    CARRIED = "carried"


class Outcome(StrEnum):
    """What a decision came to."""

    GO = "GO"
    NO_GO = "NO_GO"
    UNCLEAR = "UNCLEAR"
