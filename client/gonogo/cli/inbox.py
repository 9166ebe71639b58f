"""`gonogo inbox`: the local messages, for people."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from gonogo.activities.ports import Message
from gonogo.adapters.inbox import inbox_folder, read_inbox
from gonogo.client.home import home

from .exits import DONE
from .show import console, emit_json, instant, names


def inbox(
    *,
    person: Annotated[
        str | None, Parameter(name="--for", help="What is for this person. Default: for everybody.")
    ] = None,
    release: Annotated[str | None, Parameter(help="About this release only: PRODUCT/VERSION.")] = None,
    json: Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON.")] = False,
) -> int:
    """Show what people were told and asked, newest last, with the commands that answer.

    These are the messages of the channel kind `inbox`, which a worker on this machine keeps in its data folder. What is
    still open, and what is not, says `gonogo why RELEASE`.
    """
    folder = inbox_folder(home())
    found = [m for m in read_inbox(folder) if _is_for(m, person) and release in (None, m.release_id)]
    if json:
        emit_json(found)
        return DONE
    if not found:
        about = "no such message" if person or release else "no message"
        print(f"{about} in {folder}: a worker on this machine puts there what a plan routes to a channel `inbox`")
        return DONE
    out = console()
    for part in _shown(found):
        out.print(part)
    return DONE


def _is_for(message: Message, person: str | None) -> bool:
    """A message to nobody in particular is for everybody on its channel."""
    return person is None or not message.to or person in message.to


def _shown(messages: Iterable[Message]) -> Iterator[Text]:
    for message in messages:
        asks = bool(message.answers)
        yield Text.assemble(
            (f"{instant(message.at)}  ", "dim"),
            (message.subject, "bold yellow" if asks else "bold"),
            (f"  to {names(message.to) if message.to else 'everybody'}", "dim"),
        )
        for told in message.body.splitlines():
            yield Text(f"    {told}")
        for answer, command in message.answers:
            # Never cut, and never broken where it is no terminal: it is there to be copied.
            yield Text.assemble((f"    {answer}: ", "yellow"), command)
