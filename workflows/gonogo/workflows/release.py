"""One release, one workflow. It awaits, keeps time and hosts the core; every business question is the core's."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from gonogo.activities.calendar import Admissions
    from gonogo.activities.tasks import Admission, Admitted
    from gonogo.domain import commands as c
    from gonogo.domain.effects import ResolveSlots, outstanding
    from gonogo.domain.errors import GonogoError, Refused
    from gonogo.domain.plan_rules import problems
    from gonogo.domain.terms import TERMINAL
    from gonogo.domain.values import Actor
    from gonogo.domain.views import StatusView, status_view
    from gonogo.domain.wakeups import wakeups
    from gonogo.domain.why import verdict_view, why_view
    from gonogo.domain.why_values import VerdictView, WhyView

    from .answers import Answers, answer_to, refusal
    from .book import Book
    from .clock import Alarm, Clock
    from .delivery import Delivery
    from .details import details, search_attributes
    from .driving import DrivenRelease
    from .messages import Advanced, Answer, Answered, Carried, Closed, GoNoGo, Launch, LedgerPage, Request
    from .running import Running, activity_options
    from .signals import FlagNews, ballot_of, malformed, read

MOST_EVENTS = 2_500
"""History events after which a release continues as new."""
MOST_REQUESTS = 1_500
"""Updates after which a release continues as new; the server takes 2,000 in one run."""
MOST_SIGNALS = 500
"""Signals after which a release continues as new; until it does, what is wrong with further ones is not recorded."""


@workflow.defn(name="ReleaseWorkflow")
class ReleaseWorkflow(DrivenRelease):
    """A release, from scoping to clean-up. Workflow id: `release/<product>/<version>`."""

    @workflow.init
    def __init__(self, launch: Launch) -> None:
        self._launch = launch
        carried = launch.carried
        self._clock = Clock(carried.driven if carried else launch.driven_from)
        self._book = Book()
        self._answers = Answers(Answered)
        self._later: list[tuple[datetime, int, Any]] = []
        self._early: deque[tuple[str, RawValue]] = deque()
        self._stirred = True
        self._signals = 0
        self._requests = 0
        self._over = False
        self._shown: dict[str, Any] = {}
        self._alarm = Alarm(self._clock, self._stir)
        self._running = Running(self._clock, self._deliver, self._stir)
        self._delivery = Delivery(self._clock, self._book, self._stir)
        if carried:
            self._book.unpack(carried.ledger, frozenset(carried.undelivered))
            self._answers.take_up(carried.answered)

    # --- the life of the workflow ----------------------------------------------------------------------------------

    @workflow.run
    async def run(self, launch: Launch) -> Closed:
        """Runs the release to its end."""
        if not self._book.begun:
            # No local activity: live, its answer can be heard in a later task than in a replay, at another time, and
            # then the ledger would differ.
            driven = launch.driven_from is not None
            at = self._clock.now()
            asked = Admission(driven=driven, plan=launch.plan, at=at)
            options = activity_options("admit", summary="ask the worker what it lets this release do, and the calendar")
            try:
                admitted = await workflow.execute_activity_method(Admissions.admit, asked, **options)
            except ActivityError as error:
                # What the worker refuses is the release's own failure, and says so first.
                raise error.cause or error from None
            # At the instant for which the calendar was asked: a simulation, where no time passes, says the same.
            self._begin(launch, at, admitted)
        while self._early:
            self._hear(*self._early.popleft())
        while True:
            leaving = self._too_long()
            self._turn(leaving)
            if self._closed and not self._running.busy:
                break
            if leaving and self._at_rest():
                self._continue_as_new()
            await workflow.wait_condition(lambda: self._stirred)
        self._over = True
        await self._delivery.finish()
        await workflow.wait_condition(workflow.all_handlers_finished)
        link = self._book.link
        return Closed(outcome=self._book.state.outcome, seq=link.seq, head=link.head)

    def _begin(self, launch: Launch, at: datetime, admitted: Admitted) -> None:
        """Writes the first entries; a release that cannot begin fails at once, and says why."""
        try:
            self._book.launch(launch.plan, launch.actor, at, trust_local=admitted.trust_local)
        except Refused as refused:
            raise refusal(refused) from refused
        for effect in outstanding(self._book.state):
            # The first thing that a release asks was answered with its admission.
            if isinstance(effect, ResolveSlots) and admitted.calendar is not None:
                self._deliver(at, 0, c.TakeSlots(ask=effect.ask, resolution=admitted.calendar))

    def _turn(self, leaving: bool) -> None:
        """One look at everything: what is due is decided, what is outstanding is under way, what is new is told.

        Leaving for a new run, watches are called off and say what they have counted; the new run begins them again.
        Driven, a watch answers at once, and when it is true tells the driver how far it may go.
        """
        self._stirred = False
        self._due()
        state = self._book.state
        wanted = outstanding(state)
        asks = {effect.ask for effect in wanted}
        self._later = [x for x in self._later if x[2].ask in asks]
        self._running.reconcile(wanted, self._book.link, watch=not leaving or self._clock.driven is not None)
        self._delivery.start()
        shown = search_attributes(state)
        if shown != self._shown:
            self._shown = shown
            workflow.upsert_search_attributes([key.value_set(value) for key, value in shown.items()])
        workflow.set_current_details(details(state))
        now = self._clock.now()
        coming = next((x for x in wakeups(state, now) if x[0] > now), None)
        if coming is not None:
            # What is on its way ends sooner, and that brings another look: most often with an earlier wake-up by then.
            if not self._delivery.busy or coming[0] - now <= Delivery.LONGEST:
                self._alarm.arm(*coming)
        elif state.phase in TERMINAL:
            self._alarm.disarm()

    def _due(self) -> None:
        """Decides what is due at this instant: results that are true by now, then what time itself brings.

        Driven, results wait for each other and are taken in the order of asking: whose activity is faster must not
        change what a simulation says.
        """
        if self._clock.driven is not None and self._running.busy:
            return
        now = self._clock.now()
        self._later.sort(key=lambda x: x[:2])
        while self._later and self._later[0][0] <= now:
            self._take(self._later.pop(0)[2])
        coming = wakeups(self._book.state)
        if coming and coming[0][0] <= now:
            self._take(c.Tick())

    def _take(self, command: Any) -> None:
        """A command of the engine's own. What the core cannot digest is recorded, and never stops the release."""
        try:
            if self._book.decide(command, self._clock.now()):
                self._stir()
        except GonogoError as error:
            workflow.logger.error("%s was refused: %s", type(command).__name__, error)
        except Exception:  # noqa: BLE001  # an exception in the main loop would block the release for good
            workflow.logger.exception("%s could not be decided", type(command).__name__)
            if not isinstance(command, c.RecordMalformed):
                fault = c.RecordMalformed(handler=command.type, message="the engine could not decide this: see the log")
                self._take(fault)

    def _deliver(self, at: datetime, place: int, command: Any) -> None:
        """A result came back. It is applied at the instant at which it is true; in real time that is now."""
        self._later.append((at, place, command))
        self._stir()

    # --- continue-as-new -------------------------------------------------------------------------------------------

    def _too_long(self) -> bool:
        info = workflow.info()
        return not self._closed and (
            info.is_continue_as_new_suggested()
            or info.get_current_history_length() > MOST_EVENTS
            or self._requests > MOST_REQUESTS
            or self._signals > MOST_SIGNALS
        )

    def _at_rest(self) -> bool:
        """True when nothing is under way. Until then the release goes on: leaving must never make it wait."""
        return (
            not self._stirred
            and not self._running.busy
            and not self._delivery.busy
            and workflow.all_handlers_finished()
        )

    def _continue_as_new(self) -> None:
        self._alarm.disarm()
        carried = Carried(
            ledger=self._book.packed(),
            answered=self._answers.kept(),
            undelivered=self._book.outbox.undelivered(),
            driven=self._clock.driven,
        )
        workflow.continue_as_new(
            Launch(plan=self._launch.plan, actor=self._launch.actor, carried=carried, driven_from=None)
        )

    # --- what people ask -------------------------------------------------------------------------------------------

    @workflow.update(description="A command by somebody: answered with what was decided.")
    def act(self, request: Request) -> Answer:
        """Carries a command out, once for every request id."""
        known: Answer | None = self._answers.get(request.actor.id, request.request_id, request.command)
        if known is not None:
            return known
        self._requests += 1
        try:
            entries = self._book.decide(request.command, self._clock.now(), request.actor)
        except Refused as refused:
            raise refusal(refused) from refused
        except Exception as error:
            workflow.logger.exception("the command %s could not be decided", request.command.type)
            self._take(c.RecordMalformed(handler="act", message=f"{request.command.type} could not be decided"))
            raise ApplicationError(
                f"{request.command.type} could not be decided: this is a bug of gonogo, and nothing changed",
                type="gonogo.fault",
                non_retryable=True,
            ) from error
        self._stir()
        answer = answer_to(self._book, entries, request.command.type)
        self._answers.keep(request.actor.id, request.request_id, request.command, answer)
        return answer

    @act.validator
    def _check_act(self, request: Request) -> None:
        """Refuses before anything is written: a refusal leaves no trace in the history."""
        if not self._book.begun:
            raise ApplicationError("the release is being launched: ask again in a moment", type="release.launching")
        if self._answers.get(request.actor.id, request.request_id, request.command) is not None:
            return
        if self._closing_run():
            raise ApplicationError("the release continues as new: ask again in a moment", type="release.launching")
        # Only here, since a validator is never replayed: rules may grow, and what was accepted once stays accepted.
        if isinstance(request.command, c.Amend) and (found := problems(request.command.plan)):
            raise ApplicationError(found[0].message, type=found[0].code, non_retryable=True)
        try:
            self._book.would(request.command, self._clock.now(), request.actor)
        except Refused as refused:
            raise refusal(refused) from refused

    def _closing_run(self) -> bool:
        return self._requests > MOST_REQUESTS + 400

    @workflow.signal(
        dynamic=True, description="go_no_go: an approver's answer; flag_news: what a flag's workflow says."
    )
    def signalled(self, name: str, args: Sequence[RawValue]) -> None:
        """Hears every signal: a handler with a name of its own would raise, and block the release, on a wrong number of
        arguments. What cannot be read is recorded, never counted, never fatal.
        """
        self._hear(name, args[0] if len(args) == 1 else None)

    def _hear(self, name: str, payload: RawValue | None) -> None:
        if not self._book.begun:
            if payload is not None and len(self._early) < MOST_SIGNALS:
                self._early.append((name, payload))
            return
        self._signals += 1
        self._stir()
        if self._closed:
            return
        wrong = "there is no such signal"
        if name == "go_no_go" and payload is not None:
            given = read(payload, GoNoGo)
            ballot = ballot_of(given) if isinstance(given, GoNoGo) else given
            if isinstance(given, GoNoGo) and isinstance(ballot, c.CastVote):
                self._ballot(ballot, given.actor)
                return
            wrong = str(ballot)
        elif name == "flag_news" and payload is not None:
            news = read(payload, FlagNews)
            if isinstance(news, FlagNews):
                self._take(news.command())
                return
            wrong = news
        if not self._flooded:
            self._take(malformed(name[:100], wrong))

    @property
    def _flooded(self) -> bool:
        """True: what is wrong is recorded no more before the next run. What counts is counted always."""
        return self._signals > MOST_SIGNALS

    def _ballot(self, ballot: c.CastVote, actor: Actor) -> None:
        try:
            self._book.decide(ballot, self._clock.now(), actor)
        except Refused as refused:
            if self._flooded:
                return
            self._record(c.RecordRefusal(code=refused.code, message=refused.message, ballot=ballot), actor)
        except Exception:  # noqa: BLE001  # an exception in a signal handler would block the release for good
            workflow.logger.exception("a ballot by signal could not be decided")
            self._take(malformed("go_no_go", "the engine could not decide this: see the log"))

    def _record(self, command: c.RecordRefusal, actor: Actor) -> None:
        try:
            self._book.decide(command, self._clock.now(), actor)
        except GonogoError as error:
            workflow.logger.warning("a ballot by signal was refused and not recorded: %s", error)

    # --- what people look at ---------------------------------------------------------------------------------------

    @workflow.query(description="Where the release stands.")
    def status(self, at: datetime) -> StatusView:
        """Everything about the release, as of `at`."""
        return status_view(self._book.state, max(at, self._book.state.at))

    @workflow.query(description="What it waits for, and what happens next by itself.")
    def why(self, at: datetime) -> WhyView:
        """Each unmet condition with whom it waits for, as of `at`."""
        return why_view(self._book.state, max(at, self._book.state.at))

    @workflow.query(description="GO, NO_GO or UNCLEAR, with every reason.")
    def verdict(self, at: datetime) -> VerdictView:
        """The verdict as of `at`."""
        return verdict_view(self._book.state, max(at, self._book.state.at))

    @workflow.query(description="The release's events, as ledger lines from a place on.")
    def ledger(self, start: int) -> LedgerPage:
        """A page of the ledger, at most 1 MB of lines from place `start`."""
        return self._book.shelf.page(start)

    # --- simulation ------------------------------------------------------------------------------------------------

    @workflow.update(description="Simulation only: takes the driven clock to an instant.")
    async def advance(self, to: datetime) -> Advanced:
        """Goes to `to`, stopping at everything that happens by itself before, and answers when all is quiet."""
        return await self._advanced(to)

    @advance.validator
    def _check_advance(self, to: datetime) -> None:
        self._refuse_to_advance(to)
