"""What people can do in a people file: each verb with its command, and which of its fields only the moment can fill."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from gonogo.domain import commands as c
from gonogo.domain.plan import Feature, Flag
from gonogo.domain.values import FlagKey, value


@value
class Amendment:
    """What `amend` adds to the plan in force, or changes in it."""

    features: tuple[Feature, ...] = ()
    """Features, instead of those with the same id. Default: none."""
    flags: dict[FlagKey, Flag] = Field(default_factory=dict)
    """Flags, instead of those with the same key. Default: none."""


def _plain(args: Mapping[str, Any]) -> dict[str, Any]:
    return dict(args)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One thing that people do."""

    command: Any
    """The command's class."""
    fixed: Mapping[str, Any]
    """Fields that the verb itself says, such as `status: dropped` of `scope.drop`."""
    filled: tuple[str, ...] = ()
    """Fields that are known only when it is done, such as the open question."""
    guessed: Mapping[str, Any] = field(default_factory=dict)
    """Fields that an act can leave out: with a stand-in, or with None for what is known only when it is done."""
    needs: tuple[str, ...] = ()
    """Keys that it cannot do without."""
    extra: tuple[str, ...] = ()
    """Keys of its own, which are no field of the command."""
    shape: Callable[[Mapping[str, Any]], dict[str, Any]] = _plain
    """Makes the command's fields of the act's keys."""

    def placeholders(self, needed: set[str]) -> dict[str, Any]:
        """Stand-ins for what is known later, so that the other fields can be checked when the file is read."""
        later = {name: _STAND_INS.get(name, "x") for name in (*self.filled, *self.guessed) if name in needed}
        return {**later, **{name: given for name, given in self.guessed.items() if given is not None}, **self.fixed}


_STAND_INS: dict[str, Any] = {
    "finding": {"status": "pass", "at": "2000-01-01T00:00:00Z"},
}


def _drop(*names: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    return lambda args: {key: item for key, item in args.items() if key not in names}


def _candidate(args: Mapping[str, Any]) -> dict[str, Any]:
    return {"candidate": dict(args)}


def _finding(args: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: args[key] for key in ("status", "finding", "evidence") if key in args}
    return {"check": args["check"], "finding": {"at": "2000-01-01T00:00:00Z", "status": "pass", **told}}


def _verb(command: Any, **more: Any) -> Verb:
    return Verb(command=command, **{"fixed": {}, **more})


def _change(status: str) -> Verb:
    return _verb(c.ChangeFeature, fixed={"status": status})


_ANSWER = ("about",)

VERBS: dict[str, Verb] = {
    "scope.add": _verb(c.AddFeature),
    "scope.split": _verb(c.SplitFeature),
    "scope.estimate": _verb(c.EstimateFeature),
    "scope.drop": _change("dropped"),
    "scope.defer": _change("deferred"),
    "scope.delay": _change("delayed"),
    "scope.start": _change("in_progress"),
    "scope.merge": _change("merged"),
    "scope.freeze": _verb(c.FreezeScope),
    "exception.request": _verb(c.RequestException),
    "exception.approve": _verb(
        c.AnswerException,
        fixed={"approve": True},
        filled=("exception",),
        needs=_ANSWER,
        extra=_ANSWER,
        shape=_drop("about"),
    ),
    "exception.reject": _verb(
        c.AnswerException,
        fixed={"approve": False},
        filled=("exception",),
        needs=_ANSWER,
        extra=_ANSWER,
        shape=_drop("about"),
    ),
    "exception.withdraw": _verb(
        c.WithdrawException, filled=("exception",), needs=_ANSWER, extra=_ANSWER, shape=_drop("about")
    ),
    "check.run": _verb(c.RunChecks),
    "check.push": _verb(c.PushResult, needs=("check",), extra=("status", "finding", "evidence"), shape=_finding),
    "sign_off": _verb(c.SignOff),
    "un_sign": _verb(c.UnSign),
    "waive": _verb(c.Waive),
    "poll.open": _verb(c.OpenPoll),
    "vote": _verb(c.CastVote, filled=("request_id", "ballot_id"), guessed={"choice": "GO", "role": None}),
    "withdraw": _verb(c.WithdrawVote, guessed={"role": None}),
    "call": _verb(c.Call, filled=("ballot_id",)),
    "override": _verb(c.ProposeOverride),
    "override.confirm": _verb(c.ConfirmOverride, guessed={"override": None}),
    "hold": _verb(c.PlaceHold),
    "lift": _verb(c.LiftHold, guessed={"hold": None}),
    "resume": _verb(c.LiftHold, guessed={"hold": None, "measurement": None}),
    "postpone": _verb(c.Postpone),
    "amend": _verb(Amendment),
    "candidate": _verb(c.SetCandidate, extra=("commit", "artifacts", "authors"), shape=_candidate),
    "widen": _verb(c.Widen, filled=("question",)),
    "rollback": _verb(c.RollBack),
    "rollback.accept": _verb(c.AcceptUnrestorable),
    "cancel": _verb(c.Cancel),
}
"""Verb -> what it is. A key of an act is a field of its command, as in the command line."""
