"""What people can do in a people file: each verb with its command, and which of its fields only the moment can fill."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pydantic import Field

from gonogo.domain import commands as c
from gonogo.domain.facts import Status
from gonogo.domain.plan import Feature, Flag
from gonogo.domain.values import Candidate, FlagKey, Id, Text, value


@value
class Amendment:
    """What `amend` adds to the plan in force, or changes in it."""

    features: tuple[Feature, ...] = ()
    """Features, instead of those with the same id. Default: none."""
    flags: dict[FlagKey, Flag] = Field(default_factory=dict)
    """Flags, instead of those with the same key. Default: none."""


@value
class About:
    """What an answer to a late request is about: its id is known only when it was asked."""

    about: Id
    """The feature that the late request is about, or the request's id."""


@value
class Pushed:
    """What a pushed check says: it is observed when it is pushed."""

    status: Status = Status.PASS
    """pass, fail or unclear. Default: pass."""
    finding: Text = ""
    """One line that a person can act on. Default: none."""
    evidence: Text = ""
    """A link to the evidence. Default: none."""


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
    part: Any = None
    """A class whose fields are keys of the act, too; `shape` makes fields of the command of them."""
    made: tuple[str, ...] = ()
    """Fields that `shape` makes."""
    shape: Callable[[Mapping[str, Any]], dict[str, Any]] = _plain
    """Makes the command's fields of the act's keys."""

    def keys(self) -> dict[str, Any]:
        """What an act can say besides who and when: key -> the class that has a field of that name."""
        left_out = {*self.fixed, *self.filled, *self.made, "type"}
        found = {known.name: self.command for known in fields(self.command) if known.name not in left_out}
        return found | {known.name: self.part for known in (fields(self.part) if self.part else ())}

    def placeholders(self, needed: set[str]) -> dict[str, Any]:
        """Stand-ins for what is known later, so that the other fields can be checked when the file is read."""
        later = {name: _STAND_INS.get(name, "x") for name in (*self.filled, *self.guessed) if name in needed}
        return {**later, **{name: given for name, given in self.guessed.items() if given is not None}, **self.fixed}


_STAND_INS: dict[str, Any] = {
    "finding": {"status": "pass", "at": "2000-01-01T00:00:00Z"},
}


def _without_about(args: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in args.items() if key != "about"}


def _candidate(args: Mapping[str, Any]) -> dict[str, Any]:
    return {"candidate": dict(args)}


def _finding(args: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: args[key] for key in ("status", "finding", "evidence") if key in args}
    return {"check": args["check"], "finding": {"at": "2000-01-01T00:00:00Z", "status": "pass", **told}}


def _verb(command: Any, **more: Any) -> Verb:
    return Verb(command=command, **{"fixed": {}, **more})


def _change(status: str) -> Verb:
    return _verb(c.ChangeFeature, fixed={"status": status})


def _answer(command: Any, **fixed: Any) -> Verb:
    return _verb(command, fixed=fixed, filled=("exception",), needs=("about",), part=About, shape=_without_about)


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
    "exception.approve": _answer(c.AnswerException, approve=True),
    "exception.reject": _answer(c.AnswerException, approve=False),
    "exception.withdraw": _answer(c.WithdrawException),
    "check.run": _verb(c.RunChecks),
    "check.push": _verb(c.PushResult, needs=("check",), part=Pushed, made=("finding",), shape=_finding),
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
    "candidate": _verb(c.SetCandidate, part=Candidate, made=("candidate",), shape=_candidate),
    "widen": _verb(c.Widen, filled=("question",)),
    "rollback": _verb(c.RollBack),
    "rollback.accept": _verb(c.AcceptUnrestorable),
    "cancel": _verb(c.Cancel),
}
"""Verb -> what it is. A key of an act is a field of its command, as in the command line."""
