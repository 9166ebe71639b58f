"""The demo's second part: a release of a small service in real time, which is said no to, rolls back, and arrives."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from string import Template

from temporalio.client import Client

from gonogo.client.connect import connect
from gonogo.client.plan_file import read_plan_path
from gonogo.client.release_client import ReleaseClient
from gonogo.domain import events as e
from gonogo.domain.evolve import evolve
from gonogo.domain.narrate import glyph, summary
from gonogo.domain.state import State
from gonogo.domain.terms import Choice
from gonogo.domain.values import Actor, Candidate

from .demo_engine import Engine, engine, gonogo
from .demo_picture import Marks, Track, chart
from .demo_stage import DemoFailed, Screen, Service

_PLAN = Path(__file__).with_name("demo.yaml")
_WAIT = 30.0
"""Seconds until something that should happen counts as not happening."""
_MARKS = {"ok": ("✓", "green"), "bad": ("✗", "red"), "wait": ("…", "yellow"), "info": ("·", "dim")}
_PERSON = ("●", "cyan")
_TOLD = (
    *(
        e.ReleaseLaunched,
        e.ItemChanged,
        e.CandidateAccepted,
        e.ChecksMeasured,
        e.PollOpened,
        e.VoteCast,
        e.Held,
        e.Lifted,
    ),
    *(e.RoundEnded, e.GoGiven, e.StageExposed, e.GuardTripped, e.RollbackStarted, e.RollbackConfirmed),
    *(e.BakeCompleted, e.QuestionAsked, e.QuestionAnswered, e.ReleaseShipped, e.FlagSettled, e.ReleaseClosed),
)
"""What is told while it happens; `gonogo watch` and `gonogo audit show` have everything."""


class Story:
    """One release, with the people who work on it."""

    def __init__(self, screen: Screen, client: Client, task_queue: str, release: str) -> None:
        """Follows `release` once it is launched."""
        self.screen, self.release = screen, release
        self._client, self._task_queue = client, task_queue
        self._entries: AsyncIterator[e.Entry] = self.person("bob").watch(release)
        self.state: State | None = None
        self.track = Track()
        self.told: list[e.Entry] = []

    def person(self, name: str) -> ReleaseClient:
        """The client of one person."""
        return ReleaseClient(self._client, actor=Actor(id=name), task_queue=self._task_queue)

    def typed(self, command: str, who: str) -> None:
        """The command that this person would have typed."""
        self.screen.typed(f"gonogo {command} --as {who}")

    async def until(self, *kinds: type) -> e.Entry:
        """Follows the release until one of these happens.

        Raises:
            DemoFailed: It does not in time; says what the release waits for.
        """
        try:
            async with asyncio.timeout(_WAIT):
                async for entry in self._entries:
                    self._tell(entry)
                    if isinstance(entry.event, kinds):
                        return entry
        except TimeoutError:
            pass
        why = await self.person("bob").why(self.release)
        names = " or ".join(kind.__name__ for kind in kinds)
        raise DemoFailed(f"{names} did not happen within {_WAIT:g} s: {why.headline}")

    def _tell(self, entry: e.Entry) -> None:
        self.state = evolve(self.state, entry)
        self.track.tell(entry.at, self.state)
        self.told.append(entry)
        if isinstance(entry.event, _TOLD):
            mark, style = _MARKS.get(glyph(entry), _PERSON)
            seconds = (entry.at - self.state.launched_at).total_seconds()
            self.screen.happened(f"{seconds:.1f} s", mark, style, summary(entry))

    async def to_the_end(self) -> None:
        """Follows the closed release until its workflow has ended: everybody is told by then.

        Raises:
            DemoFailed: It does not end in time.
        """
        try:
            async with asyncio.timeout(_WAIT):
                async for entry in self._entries:
                    self._tell(entry)
        except TimeoutError:
            raise DemoFailed(f"the workflow of {self.release} did not end within {_WAIT:g} s") from None

    async def sign(self) -> None:
        """QA and operations sign off what they own; the poll opens by itself then."""
        for who, item in (("cid", "explored"), ("eve", "way-back")):
            self.typed(f"sign-off {self.release} {item}", who)
            await self.person(who).sign_off(self.release, item)
            await self.until(e.ItemChanged)
        await self.until(e.PollOpened)

    async def vote(self, who: str, role: str, choice: Choice = Choice.GO, reason: str = "") -> None:
        """Somebody answers the poll."""
        why = f' --reason "{reason}"' if reason else ""
        self.typed(f"vote {self.release} {choice.value}{why}", who)
        await self.person(who).vote(self.release, choice, role=role, reason=reason)
        await self.until(e.VoteCast)

    async def all_go(self) -> None:
        """Everybody says GO."""
        await self.vote("cid", "qa")
        await self.vote("eve", "operations")
        await self.vote("ann", "product_manager")
        await self.vote("bob", "release_manager")
        await self.until(e.RoundEnded)

    async def candidate(self, commit: str, service: Service) -> None:
        """Another build is deployed, and named."""
        service.commit = commit
        self.typed(f"candidate {self.release} {commit} --author dev", "bob")
        await self.person("bob").set_candidate(self.release, Candidate(commit=commit, authors=("dev",)))
        # It ends the poll, or the hold after a rollback: either lifts a hold.
        await self.until(e.Lifted)


async def show_service(screen: Screen, folder: Path) -> Path:
    """Plays the release on an embedded engine of its own; the engine is gone when this returns.

    Returns:
        The exported release.

    Raises:
        DemoFailed: Something did not happen in time.
        Interrupted: Somebody stopped the demo.
    """
    screen.part("2", "A small service, in real time: a no-go, a rollback, and then it arrives")
    screen.typed("gonogo up")
    exported = folder / "gonogo-demo-audit.json"
    async with engine(folder) as running, Service().running() as service:
        screen.say(f"The engine serves at {running.record.address}, in the folder {folder}.")
        await running.unless_stopped(_play(screen, folder, service, running, exported))
    return exported


async def _play(screen: Screen, folder: Path, service: Service, running: Engine, exported: Path) -> None:
    plan_file = folder / "release.yaml"
    text = Template(_PLAN.read_text(encoding="utf-8")).substitute(service=service.url)
    plan_file.write_text(text, encoding="utf-8")
    plan = read_plan_path(plan_file)
    flag_file = folder / "flags" / f"{plan.environment}.flagd.json"
    client = await connect(Actor(id="bob"), address=running.record.address)
    story = Story(screen, client, running.task_queue, plan.release_id)
    screen.say(f"The plan is {plan_file} ({len(text.splitlines())} lines); how it reaches users:")
    screen.console.print(text[text.index("stages:") :].replace(service.url, "…").rstrip(), style="dim", markup=False)

    screen.act("a", "QA says no: the release is held")
    assert plan.candidate is not None
    service.commit = plan.candidate.commit
    story.typed(f"launch {plan_file}", "dev")
    await story.person("dev").launch(plan)
    await story.until(e.ChecksMeasured)
    await story.sign()
    await story.vote("ann", "product_manager")
    await story.vote("eve", "operations")
    await story.vote("cid", "qa", Choice.NO_GO, "the card is charged twice")
    await story.until(e.Held)
    screen.typed(f"gonogo why {story.release}")
    why = await story.person("bob").why(story.release)
    screen.table([(waiting.text, ", ".join(waiting.responsible), waiting.clears) for waiting in why.waiting])

    screen.act("b", "A new build: that poll is over, everything is asked again, and everybody says GO")
    await story.candidate("5a7be02", service)
    await story.sign()
    await story.all_go()

    screen.act("c", "At 10 % the error rate rises: the release rolls itself back, and asks nobody")
    await _reach(story, 1)
    _show_flags(screen, flag_file, "at 10 %")
    service.errors = "0.08"
    screen.say("The service's error rate is 8 % now; the guard tolerates 1 %.")
    await story.until(e.RollbackConfirmed)
    _show_flags(screen, flag_file, "after the rollback")

    screen.act("d", "A second new build goes all the way")
    service.errors = "0.002"
    await story.candidate("6c1d9f3", service)
    await story.sign()
    await story.all_go()
    asked = await story.until(e.QuestionAsked)
    assert isinstance(asked.event, e.QuestionAsked)
    story.typed(f"widen {story.release}", "ann")
    await story.person("ann").widen(story.release, asked.event.question)
    await story.until(e.ReleaseClosed)
    await story.to_the_end()
    _show_flags(screen, flag_file, "in the end")
    _picture(screen, story)

    screen.typed(f"gonogo audit export {story.release} --out {exported}")
    screen.say((await gonogo("audit", "export", story.release, "--out", str(exported))).strip())


async def _reach(story: Story, number: int) -> None:
    """Waits until stage `number`, from 0, is exposed."""
    while True:
        entry = await story.until(e.StageExposed)
        if isinstance(entry.event, e.StageExposed) and entry.event.stage == number:
            return


def _show_flags(screen: Screen, file: Path, when: str) -> None:
    """The flag file as it is now: what services evaluate."""
    found = json.loads(file.read_text(encoding="utf-8"))
    screen.say(f"flags/{file.name} {when}:")
    for key, flag in found["flags"].items():
        rules = json.dumps(flag.get("targeting", {}), separators=(",", ":"))
        screen.say(f"  {key}: {flag['defaultVariant']}" + (", but" if flag.get("targeting") else ""))
        if flag.get("targeting"):
            screen.say(f"    {rules}")


def _picture(screen: Screen, story: Story) -> None:
    began = story.track.begins
    marks = [
        Marks(label, [entry.at for entry in story.told if isinstance(entry.event, kind)])
        for label, kind in (("sign-offs", e.ItemChanged), ("votes", e.VoteCast), ("flag writes", e.FlagsWritten))
    ]
    screen.part("3", "What happened, as a picture")
    step = timedelta(seconds=5)
    screen.console.print(
        chart(
            story.track,
            marks,
            width=screen.console.width,
            axis=lambda at: f"{(at - began).total_seconds():.0f} s",
            step=step,
        )
    )
    screen.console.print()
