"""What people and systems ask for: imperative, one tagged union. `decide` answers with events or refuses.

The commands themselves stand in `commands_human.py` and `commands_engine.py`.
"""

from typing import Annotated, Any

from pydantic import Field

from .commands_engine import (
    RecordMalformed,
    RecordRefusal,
    TakeClaims,
    TakeFindings,
    TakeFlagNews,
    TakeSlots,
    TakeWatch,
    TakeWrites,
    Tick,
)
from .commands_human import (
    AcceptUnrestorable,
    AddFeature,
    Amend,
    AnswerException,
    BallotId,
    Call,
    Cancel,
    CastVote,
    ChangeFeature,
    ConfirmOverride,
    EstimateFeature,
    FreezeScope,
    LiftHold,
    OpenPoll,
    PlaceHold,
    Postpone,
    ProposeOverride,
    PushResult,
    RequestException,
    RollBack,
    RunChecks,
    SetCandidate,
    SignOff,
    SplitFeature,
    UnSign,
    Waive,
    Widen,
    WithdrawException,
    WithdrawVote,
)

__all__ = [
    "AcceptUnrestorable",
    "AddFeature",
    "Amend",
    "AnswerException",
    "BallotId",
    "Call",
    "Cancel",
    "CastVote",
    "ChangeFeature",
    "Command",
    "ConfirmOverride",
    "EngineCommand",
    "EstimateFeature",
    "FreezeScope",
    "HumanCommand",
    "LiftHold",
    "OpenPoll",
    "PlaceHold",
    "Postpone",
    "ProposeOverride",
    "PushResult",
    "RecordMalformed",
    "RecordRefusal",
    "RequestException",
    "RollBack",
    "RunChecks",
    "SetCandidate",
    "SignOff",
    "SplitFeature",
    "TakeClaims",
    "TakeFindings",
    "TakeFlagNews",
    "TakeSlots",
    "TakeWatch",
    "TakeWrites",
    "Tick",
    "UnSign",
    "Waive",
    "Widen",
    "WithdrawException",
    "WithdrawVote",
]


HumanCommand = Annotated[
    AddFeature
    | SplitFeature
    | EstimateFeature
    | ChangeFeature
    | FreezeScope
    | RequestException
    | AnswerException
    | WithdrawException
    | RunChecks
    | PushResult
    | SignOff
    | UnSign
    | Waive
    | OpenPoll
    | CastVote
    | WithdrawVote
    | Call
    | ProposeOverride
    | ConfirmOverride
    | PlaceHold
    | LiftHold
    | Postpone
    | Amend
    | SetCandidate
    | Widen
    | RollBack
    | AcceptUnrestorable
    | Cancel,
    Field(discriminator="type"),
]
"""What people and systems outside ask for."""

EngineCommand = (
    Tick
    | TakeSlots
    | TakeFindings
    | TakeClaims
    | TakeWrites
    | TakeWatch
    | TakeFlagNews
    | RecordMalformed
    | RecordRefusal
)
Command = Any
"""A HumanCommand or an EngineCommand."""
