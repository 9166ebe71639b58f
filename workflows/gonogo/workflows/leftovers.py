"""What a closed release could not deliver any more: one small workflow that outlives it and keeps trying."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from gonogo.activities.flags import Flags
    from gonogo.activities.notices import Notices
    from gonogo.activities.ports import Message
    from gonogo.activities.tasks import NotifyTask, TellTask
    from gonogo.domain.flag_notes import FlagNote
    from gonogo.domain.ledger import Link
    from gonogo.domain.plan import Channel
    from gonogo.domain.values import Id, value

    from .clock import Clock
    from .running import activity_options

_TRIES = 200
_MOST_WAIT = timedelta(hours=6)


@value
class Leftovers:
    """What is left to deliver."""

    messages: tuple[Message, ...]
    """Messages, oldest first."""
    channels: dict[Id, Channel]
    """The plan's channels."""
    notes: tuple[FlagNote, ...]
    """Notes to flags, oldest first."""
    link: Link
    """Where the release's ledger ended."""


@workflow.defn(name="LeftoversWorkflow")
class LeftoversWorkflow:
    """Delivers what is left, for about six weeks; then it ends and says what never arrived."""

    @workflow.run
    async def run(self, left: Leftovers) -> tuple[str, ...]:
        """Tries until all is delivered. Returns the keys of what never was."""
        messages = {m.key: m for m in left.messages}
        notes = left.notes
        wait = timedelta(minutes=1)
        clock = Clock(None)
        for _ in range(_TRIES):
            try:
                if messages:
                    task = NotifyTask(messages=tuple(messages.values()), channels=left.channels, link=left.link)
                    done = await workflow.execute_activity_method(
                        Notices.notify, task, **activity_options("notify", summary=f"{len(messages)} messages")
                    )
                    messages = {k: m for k, m in messages.items() if k not in done.delivered}
                if notes:
                    tell = TellTask(notes=notes, driven=False, at=clock.now(), link=left.link)
                    await workflow.execute_activity_method(Flags.tell_flags, tell, **activity_options("tell_flags"))
                    notes = ()
            except ActivityError:
                workflow.logger.warning("some messages could not be delivered yet")
            if not messages and not notes:
                return ()
            await workflow.sleep(wait, summary="try again what could not be delivered")
            wait = min(wait * 2, _MOST_WAIT)
        return (*messages, *(n.key for n in notes))
