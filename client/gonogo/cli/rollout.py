"""`gonogo widen`, `pause`, `resume`, `rollback`."""

from typing import Annotated

from cyclopts import Parameter

from gonogo.client.errors import Refused
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.terms import Phase
from gonogo.workflows.messages import Answer

from .common import DEFAULT, Common, Reason, Release, give
from .exits import UsageError
from .releases import hold, lift


async def widen(
    release: Release,
    /,
    *,
    no: Annotated[bool, Parameter(name="--no", help="Answer no, which holds the release.", negative=())] = False,
    reason: Annotated[str, Parameter(name=["--reason", "-r"], help="Why; needed for --no.")] = "",
    question: Annotated[
        str | None, Parameter(help="The question that you were shown. Default: the one that is open now.")
    ] = None,
    common: Common = DEFAULT,
) -> int:
    """Answer the open "ready to go wider?"."""

    async def call(client: ReleaseClient) -> Answer:
        asked = question or await _open_question(client, release)
        return await client.widen(release, asked, yes=not no, reason=reason)

    return await give(common, call, "no: the release is held" if no else "yes: it goes wider")


async def _open_question(client: ReleaseClient, release: str) -> str:
    state = await client.get(release)
    if state.rollout is None or state.rollout.question is None:
        stands = state.phase.value.replace("_", " ")
        raise Refused(
            "question.none",
            f"{release} is {stands}, and nobody is asked to go wider: see `gonogo why {release}`",
            {"phase": state.phase.value},
        )
    return state.rollout.question.id


async def pause(release: Release, /, *, reason: Reason, common: Common = DEFAULT) -> int:
    """Hold a rollout."""
    return await hold(release, reason=reason, common=common)


async def resume(
    release: Release,
    name: Annotated[str | None, Parameter(help="The hold's id. Default: the only one that you can lift.")] = None,
    /,
    *,
    measurement: Annotated[str, Parameter(help="A guard's hold: the measurement against which to go on.")] = "",
    note: Annotated[str, Parameter(help="Why.")] = "",
    common: Common = DEFAULT,
) -> int:
    """Go on with a rollout."""
    return await lift(release, name, measurement=measurement, note=note, common=common)


async def rollback(
    release: Release,
    /,
    *,
    reason: Reason,
    accept: Annotated[
        str | None, Parameter(help="Accept by name that this flag cannot be put back, instead of rolling back.")
    ] = None,
    common: Common = DEFAULT,
) -> int:
    """Put every flag back to what it was before the release."""
    if accept is None:
        return await give(common, lambda c: c.roll_back(release, reason=reason), lambda a: _begun(release, a))
    flag = accept
    if not flag:
        raise UsageError("--accept names a flag")
    return await give(
        common, lambda c: c.accept_unrestorable(release, flag, reason=reason), f"{flag} is accepted as not restorable"
    )


def _begun(release: str, answer: Answer) -> str:
    if answer.phase in (Phase.SCOPING, Phase.READYING, Phase.DECIDING):
        stop = f"to keep it from rolling out: gonogo hold {release} --reason ..."
        return f"recorded, and nothing changed: there was nothing to put back ({stop})"
    return "the rollback has begun"
