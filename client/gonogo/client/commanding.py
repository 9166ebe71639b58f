"""One small typed method for each command; each makes the command and hands it to `act`."""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

from gonogo.domain import commands as c
from gonogo.domain.canonical import digest
from gonogo.domain.facts import Finding
from gonogo.domain.plan import Feature, Flag, Plan
from gonogo.domain.state import State
from gonogo.domain.terms import Choice, ExceptionKind, FeatureStatus
from gonogo.domain.values import Actor, Candidate
from gonogo.workflows.messages import Answer

from .errors import ClientError, Refused


def new_id() -> str:
    """A request id or ballot id that nobody had before."""
    return uuid.uuid4().hex


def _choice(given: str) -> Choice:
    try:
        return Choice(given)
    except ValueError:
        known = ", ".join(choice.value for choice in Choice)
        raise ClientError("vote.choice", f"choice is {given!r}: write one of {known}", {"choice": given}) from None


class Commands(ABC):
    """What can be asked of a release.

    Each method answers what was decided, never that an effect is done, and raises `Refused` when nothing changed.
    A ballot, a "go wider?", an exception's answer and an override can also be answered `accepted=False`: it was
    recorded, and does not count.
    """

    @property
    @abstractmethod
    def actor(self) -> Actor:
        """Who asks."""

    @abstractmethod
    async def act(self, release_id: str, command: c.HumanCommand, *, request_id: str | None = None) -> Answer:
        """Gives `command` to the release."""

    @abstractmethod
    async def get(self, release_id: str) -> State:
        """The release's state."""

    # --- scope -----------------------------------------------------------------------------------------------------

    async def add_feature(self, release_id: str, feature: Feature) -> Answer:
        """Proposes a feature."""
        return await self.act(release_id, c.AddFeature(feature=feature))

    async def split_feature(self, release_id: str, feature: str, into: Iterable[Feature]) -> Answer:
        """Replaces a feature by smaller ones."""
        return await self.act(release_id, c.SplitFeature(feature=feature, into=tuple(into)))

    async def estimate(self, release_id: str, feature: str, days: Decimal | int, by: Iterable[str] = ()) -> Answer:
        """Says how much work a feature is, and who gave the estimate."""
        return await self.act(release_id, c.EstimateFeature(feature=feature, days=Decimal(days), by=tuple(by)))

    async def change_feature(
        self, release_id: str, feature: str, status: FeatureStatus, *, until: str = "", reason: str = ""
    ) -> Answer:
        """Drops, defers, delays a feature, or says that it is in progress or merged."""
        return await self.act(release_id, c.ChangeFeature(feature=feature, status=status, until=until, reason=reason))

    async def freeze(self, release_id: str) -> Answer:
        """Freezes the scope."""
        return await self.act(release_id, c.FreezeScope())

    async def request_exception(
        self,
        release_id: str,
        kind: ExceptionKind,
        *,
        why: str,
        feature: Feature | None = None,
        flags: Mapping[str, Flag] | None = None,
        subject: str | None = None,
        days: Decimal | None = None,
        until: str = "",
    ) -> Answer:
        """Asks for a late change; `created` of the answer is its id. `flags` are those that a new feature brings."""
        command = c.RequestException(
            kind=kind, why=why, feature=feature, flags=dict(flags or {}), subject=subject, days=days, until=until
        )
        return await self.act(release_id, command)

    async def answer_exception(
        self, release_id: str, exception: str, *, approve: bool, role: str | None = None, reason: str = ""
    ) -> Answer:
        """Approves or rejects a late change."""
        return await self.act(
            release_id, c.AnswerException(exception=exception, approve=approve, role=role, reason=reason)
        )

    async def withdraw_exception(self, release_id: str, exception: str) -> Answer:
        """Takes one's request for a late change back."""
        return await self.act(release_id, c.WithdrawException(exception=exception))

    # --- readiness -------------------------------------------------------------------------------------------------

    async def run_checks(self, release_id: str, checks: Iterable[str] = ()) -> Answer:
        """Has checks measured again; none named: all."""
        return await self.act(release_id, c.RunChecks(checks=tuple(checks)))

    async def push_result(self, release_id: str, check: str, finding: Finding) -> Answer:
        """Gives the result of a check."""
        return await self.act(release_id, c.PushResult(check=check, finding=finding))

    async def sign_off(
        self,
        release_id: str,
        item: str,
        *,
        status: Literal["done", "in_progress", "blocked"] = "done",
        evidence: str = "",
        note: str = "",
    ) -> Answer:
        """Says where an item stands."""
        return await self.act(release_id, c.SignOff(item=item, status=status, evidence=evidence, note=note))

    async def un_sign(self, release_id: str, item: str, *, note: str = "") -> Answer:
        """Takes a sign-off back."""
        return await self.act(release_id, c.UnSign(item=item, note=note))

    async def waive(self, release_id: str, subject: str, *, reason: str, until: datetime | None = None) -> Answer:
        """Has `check:ID`, `item:ID` or `flag:KEY` count as passed, for this release."""
        return await self.act(release_id, c.Waive(subject=subject, reason=reason, until=until))

    # --- deciding --------------------------------------------------------------------------------------------------

    async def open_poll(self, release_id: str) -> Answer:
        """Opens the poll."""
        return await self.act(release_id, c.OpenPoll())

    async def vote(
        self,
        release_id: str,
        choice: Choice | Literal["GO", "NO_GO", "ABSTAIN"],
        *,
        role: str,
        question: str | None = None,
        reason: str = "",
        conditions: Iterable[str] = (),
        condition_owner: str | None = None,
        acting_for: str | None = None,
        ballot_id: str | None = None,
    ) -> Answer:
        """Answers the poll for `role`.

        Args:
            release_id: `<product>/<version>`.
            choice: GO, NO_GO or ABSTAIN.
            role: The role that the voter fills.
            question: `request_id` of the round that the voter was shown. Default: the one that is open now; a ballot
                that comes after it has ended never counts for the next.
            reason: Why; required for NO_GO and ABSTAIN.
            conditions: GO only: what must also be true.
            condition_owner: Who answers for the conditions. Default: the release manager.
            acting_for: Whom the voter stands in for: somebody else of the role, who has not voted in this round.
            ballot_id: The ballot's id; the same again by the same person is the same ballot. Default: a new one.

        Raises:
            Refused: `round.none`: no round is open, and none was named.
            ClientError: `vote.choice`: the choice is none of the three; it was not sent.
        """
        said = _choice(choice)
        ballot = ballot_id or new_id()
        command = c.CastVote(
            request_id=question or await self._open_question(release_id),
            role=role,
            choice=said,
            ballot_id=ballot,
            reason=reason,
            conditions=tuple(conditions),
            condition_owner=condition_owner,
            acting_for=acting_for,
        )
        # The same ballot by the same person is the same request. Anything else is another request: somebody else's
        # counts, and another answer under one's own id is refused and not taken for said and done.
        whole = digest({"person": self.actor.id, "release": release_id, "ballot": command})
        return await self.act(release_id, command, request_id=f"vote-{ballot}-{whole[:16]}")

    async def _open_question(self, release_id: str) -> str:
        state = await self.get(release_id)
        if state.round is None:
            raise Refused(
                "round.none",
                f"{release_id} is {state.phase.value}, and no poll is open: see `gonogo why {release_id}`",
                {"phase": state.phase.value},
            )
        return state.round.request_id

    async def withdraw_vote(self, release_id: str, *, role: str, reason: str = "") -> Answer:
        """Takes one's ballot for `role` back."""
        return await self.act(release_id, c.WithdrawVote(role=role, reason=reason))

    async def call(
        self,
        release_id: str,
        choice: Literal["go", "no_go", "postpone"],
        *,
        reason: str = "",
        ballot_id: str | None = None,
    ) -> Answer:
        """The release manager completes the GO, or ends the round."""
        return await self.act(release_id, c.Call(choice=choice, reason=reason, ballot_id=ballot_id or new_id()))

    async def override(self, release_id: str, codes: Iterable[str], *, reason: str) -> Answer:
        """Overrides reasons of the verdict, each `code:subject`; `created` of the answer is the override's id."""
        return await self.act(release_id, c.ProposeOverride(codes=tuple(codes), reason=reason))

    async def confirm_override(self, release_id: str, override: str) -> Answer:
        """The second person agrees to an override."""
        return await self.act(release_id, c.ConfirmOverride(override=override))

    # --- holds, schedule, plan -------------------------------------------------------------------------------------

    async def hold(self, release_id: str, text: str) -> Answer:
        """Holds the release; during a rollout this is the pause."""
        return await self.act(release_id, c.PlaceHold(text=text))

    async def lift(self, release_id: str, hold: str | None = None, *, measurement: str = "", note: str = "") -> Answer:
        """Ends a hold; a guard's hold is ended against the one `measurement` that raised it."""
        return await self.act(release_id, c.LiftHold(hold=hold, measurement=measurement, note=note))

    async def postpone(self, release_id: str, *, to: datetime | None = None, reason: str = "") -> Answer:
        """Gives up the slot."""
        return await self.act(release_id, c.Postpone(to=to, reason=reason))

    async def amend(self, release_id: str, plan: Plan) -> Answer:
        """Puts another revision of the plan in force; `plan` as a plan file gives it, normalised."""
        return await self.act(release_id, c.Amend(plan=plan))

    async def set_candidate(self, release_id: str, candidate: Candidate) -> Answer:
        """Names another build."""
        return await self.act(release_id, c.SetCandidate(candidate=candidate))

    # --- rollout ---------------------------------------------------------------------------------------------------

    async def widen(self, release_id: str, question: str, *, yes: bool = True, reason: str = "") -> Answer:
        """Answers "ready to go wider?"; no holds the release."""
        return await self.act(release_id, c.Widen(question=question, yes=yes, reason=reason))

    async def roll_back(self, release_id: str, *, reason: str) -> Answer:
        """Puts every flag back to what it was before the release."""
        return await self.act(release_id, c.RollBack(reason=reason))

    async def accept_unrestorable(self, release_id: str, flag: str, *, reason: str) -> Answer:
        """Accepts by name that a flag cannot be put back."""
        return await self.act(release_id, c.AcceptUnrestorable(flag=flag, reason=reason))

    async def cancel(self, release_id: str, *, reason: str) -> Answer:
        """Closes the release; during a rollout it is rolled back first."""
        return await self.act(release_id, c.Cancel(reason=reason))
