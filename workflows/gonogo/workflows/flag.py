"""One flag in one environment, one workflow: it outlives releases. Every question of substance is the core's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from gonogo.activities.calendar import Admissions
    from gonogo.activities.tasks import Admission
    from gonogo.domain.commands import RecordMalformed, Tick
    from gonogo.domain.errors import GonogoError, Refused
    from gonogo.domain.flag_commands import ClaimFlag, KillFlag, SetFlag, TakeNote
    from gonogo.domain.flag_core import claim_refusal, decide_flag, wakeups
    from gonogo.domain.flag_notes import FlagNote
    from gonogo.domain.flag_views import FlagView, flag_view, phase
    from gonogo.domain.ledger import Link
    from gonogo.domain.reports import ClaimAnswer
    from gonogo.domain.values import Actor

    from .answers import Answers, refusal
    from .clock import Alarm, Clock
    from .driving import Driving
    from .flag_book import FlagBook, answer_to
    from .flag_messages import FlagAnswer, FlagAnswered, FlagClaimRequest, FlagClosed, FlagKill, FlagSet, FlagStart
    from .flag_work import FlagWork
    from .messages import Advanced, LedgerPage
    from .running import activity_options
    from .search import EXPOSURE, OUTCOME, PHASE, PRODUCT
    from .signals import read

MOST_EVENTS = 2_500
"""History events after which a flag continues as new."""
MOST_REQUESTS = 1_500
"""Updates after which a flag continues as new; the server takes 2,000 in one run."""
NOTE = "note"
"""The signal by which a release tells what became of the flag."""


@workflow.defn(name="FlagWorkflow")
class FlagWorkflow(Driving):
    """A flag, until it is gone with proof. Workflow id: `flag/<product>/<environment>/<key>`."""

    _KIND = "flag"

    @workflow.init
    def __init__(self, start: FlagStart) -> None:
        self._start = start
        carried = start.carried
        self._clock = Clock(carried.driven if carried else start.driven_from)
        self._book = FlagBook(start, self._clock.now())
        self._answers = Answers(FlagAnswered)
        if carried:
            self._answers.take_up(carried.answered)
        self._stirred = True
        self._ended = False
        self._requests = 0
        self._shown: dict[str, Any] = {}
        self._alarm = Alarm(self._clock, self._stir)
        self._work = FlagWork(self._clock, self._book, self._take, self._stir)

    # --- the life of the workflow ----------------------------------------------------------------------------------

    @workflow.run
    async def run(self, start: FlagStart) -> FlagClosed:
        """Runs the flag to its end."""
        if start.driven_from is not None:
            await workflow.execute_activity_method(
                Admissions.admit, Admission(driven=True), **activity_options("admit", summary="may time be driven?")
            )
        while True:
            self._turn()
            if self._book.state.gone and not self._work.busy:
                break
            # Only when nobody is being answered: a handler that drives the clock waits for this very loop.
            rests = not self._stirred and not self._work.busy and workflow.all_handlers_finished()
            if rests and self._too_long():
                self._continue_as_new()
            await workflow.wait_condition(lambda: self._stirred)
        self._ended = True
        self._alarm.disarm()
        await self._work.finish()
        await workflow.wait_condition(workflow.all_handlers_finished)
        link = self._book.link
        proof = self._book.state.proof
        return FlagClosed(proof=proof.finding if proof else "", seq=link.seq, head=link.head)

    def _turn(self) -> None:
        """One look at everything: what is outstanding is under way, what is shown is current, the alarm is set."""
        self._stirred = False
        now = self._clock.now()
        if any(at <= now for at, _ in wakeups(self._book.state)):
            self._take(Tick())
        self._work.start()
        self._show()
        # What is due already is under way, and says itself when it is done.
        coming = next((x for x in wakeups(self._book.state) if x[0] > now), None)
        if coming is not None:
            self._alarm.arm(*coming)
        if self._work.retry_at is not None:
            self._alarm.arm(self._work.retry_at, "try again what could not be delivered")

    def _show(self) -> None:
        state = self._book.state
        shown: dict[Any, Any] = {PRODUCT: state.product, PHASE: phase(state)}
        if state.exposure is not None:
            shown[EXPOSURE] = state.exposure.percent
        if state.gone:
            shown[OUTCOME] = "gone"
        if shown != self._shown:
            self._shown = shown
            workflow.upsert_search_attributes([key.value_set(given) for key, given in shown.items()])

    def _take(self, command: Any) -> None:
        """A command of the engine's own. What the core cannot digest is recorded, and never stops the flag."""
        try:
            if self._book.decide(command, self._clock.now()):
                self._stir()
        except GonogoError as error:
            workflow.logger.error("%s was refused: %s", type(command).__name__, error)
        except Exception:  # noqa: BLE001  # an exception in a signal handler or the main loop would block the flag for good
            workflow.logger.exception("%s could not be decided", type(command).__name__)
            if not isinstance(command, RecordMalformed):
                self._take(
                    RecordMalformed(handler=command.type, message="the engine could not decide this: see the log")
                )

    # --- continue-as-new -------------------------------------------------------------------------------------------

    def _too_long(self) -> bool:
        info = workflow.info()
        return (
            info.is_continue_as_new_suggested()
            or info.get_current_history_length() > MOST_EVENTS
            or self._requests > MOST_REQUESTS
        )

    def _continue_as_new(self) -> None:
        self._alarm.disarm()
        carried = replace(self._book.carried(), answered=self._answers.kept(), driven=self._clock.driven)
        workflow.continue_as_new(replace(self._start, carried=carried, driven_from=None))

    # --- what releases ask and tell --------------------------------------------------------------------------------

    @workflow.update(description="A release asks for the right to change the flag.")
    def claim(self, request: FlagClaimRequest) -> ClaimAnswer:
        """Grants the flag unless another release rolls it out. Its provider is read by the caller."""
        self._requests += 1
        self._catch_up(request.at)
        command = ClaimFlag(release_id=request.release_id, at=request.at)
        state = self._book.state
        why_not = "the flag is gone" if state.gone else claim_refusal(state, command)
        if not why_not:
            self._take(command)
        self._stir()
        state = self._book.state
        granted = not why_not and state.holder == request.release_id
        return ClaimAnswer(
            flag=state.key,
            granted=granted,
            held_by="" if granted else state.holder,
            last_epoch=state.last_epoch,
            detail=why_not,
        )

    @claim.validator
    def _check_claim(self, request: FlagClaimRequest) -> None:
        # Payloads of other encodings (null, bytes) come as what they are, whatever is expected.
        if not isinstance(request, FlagClaimRequest):
            raise ApplicationError("this is no claim", type="flag.claim_malformed", non_retryable=True)

    # One handler for signals of every name: a named one, called with too few or too many arguments, raises before its
    # first line, and such a signal would block the flag for good.
    @workflow.signal(dynamic=True)
    def hear(self, name: str, args: Sequence[RawValue]) -> None:
        """Takes a `note` in, once for every key; what cannot be read, and what has another name, is recorded."""
        # Payloads of other encodings (null, bytes) come back as what they are, whatever was asked for.
        given: Any = read(args[0], FlagNote) if name == NOTE and len(args) == 1 else None
        if isinstance(given, FlagNote):
            self._catch_up(given.at)
            self._take(TakeNote(note=given))
        else:
            wrong = "there is no such signal" if name != NOTE else "it is no note"
            self._take(RecordMalformed(handler=name[:100], message=given[:500] if isinstance(given, str) else wrong))
        self._stir()

    def _catch_up(self, at: datetime) -> None:
        """A driven flag lives in the time of whoever speaks to it."""
        if self._clock.driven is not None:
            self._clock.set(at)

    # --- what people ask -------------------------------------------------------------------------------------------

    @workflow.update(description="Takes the flag back to who saw it before the release, at once.")
    def kill(self, request: FlagKill) -> FlagAnswer:
        """Kills the flag; the provider is asked until it confirms."""
        return self._change(request.request_id, KillFlag(reason=request.reason), request.actor)

    @kill.validator
    def _check_kill(self, request: FlagKill) -> None:
        self._check(request.request_id, KillFlag(reason=request.reason), request.actor)

    @workflow.update(name="set", description="Changes who sees a flag whose code is out, without a release.")
    def set_exposure(self, request: FlagSet) -> FlagAnswer:
        """Changes who sees the flag; the provider is asked until it confirms."""
        command = SetFlag(wanted=request.wanted, reason=request.reason)
        return self._change(request.request_id, command, request.actor)

    @set_exposure.validator
    def _check_set(self, request: FlagSet) -> None:
        self._check(request.request_id, SetFlag(wanted=request.wanted, reason=request.reason), request.actor)

    def _check(self, request_id: str, command: KillFlag | SetFlag, actor: Actor) -> None:
        """Refuses before anything is written: a refusal leaves no trace in the history."""
        if self._answers.get(actor.id, request_id, command) is not None:
            return
        try:
            decide_flag(self._book.state, command, self._clock.now(), actor)
        except Refused as refused:
            raise refusal(refused) from refused

    def _change(self, request_id: str, command: KillFlag | SetFlag, actor: Actor) -> FlagAnswer:
        known: FlagAnswer | None = self._answers.get(actor.id, request_id, command)
        if known is not None:
            return known
        self._requests += 1
        try:
            self._book.decide(command, self._clock.now(), actor)
        except Refused as refused:
            raise refusal(refused) from refused
        except Exception as error:
            workflow.logger.exception("%s of %s could not be decided", command.type, self._book.state.id)
            raise ApplicationError(
                f"{command.type} could not be decided: this is a bug of gonogo, and nothing changed",
                type="gonogo.fault",
                non_retryable=True,
            ) from error
        self._stir()
        answer = answer_to(self._book)
        self._answers.keep(actor.id, request_id, command, answer)
        return answer

    # --- what people look at ---------------------------------------------------------------------------------------

    @workflow.query(description="Where the flag stands.")
    def flag(self, at: datetime) -> FlagView:
        """Everything about the flag, as of `at`."""
        state = self._book.state
        return flag_view(state, max(at, state.at), head=self._book.link.head)

    @workflow.query(description="The flag's events, as ledger lines from a place on.")
    def ledger(self, start: int) -> LedgerPage:
        """A page of the ledger, at most 1 MB of lines from place `start`."""
        return self._book.shelf.page(start)

    # --- simulation ------------------------------------------------------------------------------------------------

    @property
    def _link(self) -> Link:
        return self._book.link

    @property
    def _closed(self) -> bool:
        return self._book.state.gone

    def _next_instant(self) -> datetime | None:
        now = self._clock.now()
        return next((at for at, _ in wakeups(self._book.state) if at > now), None)

    def _is_quiet(self) -> bool:
        return self._ended or (not self._stirred and not self._work.busy)

    @workflow.update
    async def advance(self, to: datetime) -> Advanced:
        """Simulation only: goes to `to`, stopping at all that happens by itself before; answers when it is quiet."""
        return await self._advanced(to)

    @advance.validator
    def _check_advance(self, to: datetime) -> None:
        self._refuse_to_advance(to)
