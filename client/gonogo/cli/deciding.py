"""`gonogo poll open`, `vote`, `withdraw`, `call`, `override`."""

from typing import Annotated, Literal

from cyclopts import Parameter

from gonogo.client.commanding import new_id
from gonogo.client.errors import Refused
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.errors import NotEntitled
from gonogo.domain.events import Entry, VoteCast
from gonogo.domain.evolve import fold
from gonogo.domain.rights import named
from gonogo.domain.state import State
from gonogo.domain.terms import Choice, Phase
from gonogo.workflows.messages import Answer

from .choices import ANY_CASE
from .common import DEFAULT, Common, Reason, Release, give
from .exits import UsageError
from .slots import give_up

Role = Annotated[str | None, Parameter(help="The role that you fill. Default: the only one in the poll that is yours.")]


async def open_poll(release: Release, /, *, common: Common = DEFAULT) -> int:
    """Open the poll now."""
    return await give(common, lambda c: c.open_poll(release), "the poll is open")


async def vote(
    release: Release,
    choice: Annotated[Literal["GO", "NO_GO", "ABSTAIN"], ANY_CASE, Parameter(name="choice", help="Your answer.")],
    /,
    *,
    role: Role = None,
    reason: Annotated[str, Parameter(name=["--reason", "-r"], help="Why; needed for NO_GO and ABSTAIN.")] = "",
    condition: Annotated[
        tuple[str, ...], Parameter(help="GO only: what must also be true; repeat it.", negative=())
    ] = (),
    condition_owner: Annotated[str | None, Parameter(help="Who answers for the conditions.")] = None,
    acting_for: Annotated[
        str | None, Parameter(help="Whom you stand in for: another of the role, who has not voted.")
    ] = None,
    question: Annotated[
        str | None, Parameter(help="The question that you were shown. Default: the one that is open now.")
    ] = None,
    ballot: Annotated[str | None, Parameter(help="The ballot's id: the same again by you is the same ballot.")] = None,
    common: Common = DEFAULT,
) -> int:
    """Answer the open poll."""
    said = choice.replace("_", "-")
    done = f"{said} is counted"

    async def call(client: ReleaseClient) -> Answer:
        nonlocal done
        entries = tuple((await client.ledger(release)).entries())
        state = fold(entries)
        if ballot and (counted := _counted(entries, common.actor.id, ballot)):
            done = f"{said} was counted as entry {counted.seq} already, and {_standing(state, counted)}"
        asked = question or _open_question(state)
        return await client.vote(
            release,
            Choice(choice),
            role=role or _own_role(state, common.actor.id, "vote"),
            question=asked,
            reason=reason,
            conditions=condition,
            condition_owner=condition_owner,
            acting_for=acting_for,
            ballot_id=ballot,
        )

    return await give(common, call, lambda _: done)


def _counted(entries: tuple[Entry, ...], person: str, ballot: str) -> Entry | None:
    """The entry by which a person's ballot was counted; None: it was not."""
    votes = (x for x in entries if isinstance(x.event, VoteCast) and x.event.ballot_id == ballot)
    return next((x for x in votes if x.actor.id == person), None)


def _standing(state: State, counted: Entry) -> str:
    """What became of a ballot that was counted."""
    assert isinstance(counted.event, VoteCast)
    if state.round is None or state.round.number != counted.event.round:
        return "its round is over"
    now = state.round.ballots.get((counted.event.role, counted.actor.id))
    return "stands" if now is not None and now.ballot_id == counted.event.ballot_id else "no longer stands"


def _open_question(state: State) -> str:
    if state.round is None:
        name = state.release_id
        waits = state.phase is Phase.AWAITING_WINDOW
        instead = f"GO stands; `gonogo hold {name} --reason WHY` stops it" if waits else f"see `gonogo why {name}`"
        raise Refused(
            "round.none",
            f"{state.release_id} is {state.phase.value.replace('_', ' ')}, and no poll is open: {instead}",
            {"phase": state.phase.value},
        )
    return state.round.request_id


def _own_role(state: State, person: str, command: Literal["vote", "withdraw"]) -> str:
    asked = state.round.roles if state.round else tuple(state.people)
    own = [role for role in asked if state.in_role(person, role)]
    if len(own) > 1:
        raise UsageError(f"{person} fills {', '.join(own)}: say which by --role")
    if not own:
        # As the release itself refuses whoever names a role that is not theirs.
        refused = NotEntitled(f"vote.{command}", person, named(state, *asked), typed=command)
        raise Refused(refused.code, refused.message, refused.details)
    return own[0]


async def withdraw(release: Release, /, *, role: Role = None, reason: Reason = "", common: Common = DEFAULT) -> int:
    """Take a ballot back."""

    async def call(client: ReleaseClient) -> Answer:
        own = role or _own_role(await client.get(release), common.actor.id, "withdraw")
        return await client.withdraw_vote(release, role=own, reason=reason)

    return await give(common, call, "the ballot is withdrawn")


async def call(
    release: Release,
    choice: Annotated[Literal["go", "no-go", "postpone"], ANY_CASE, Parameter(help="go, no-go or postpone.")],
    /,
    *,
    reason: Reason = "",
    common: Common = DEFAULT,
) -> int:
    """Complete the GO, or end the round."""
    chosen: Literal["go", "no_go", "postpone"] = "no_go" if choice == "no-go" else choice
    ballot = new_id()
    return await give_up(
        common,
        release,
        lambda c: c.call(release, chosen, reason=reason, ballot_id=ballot),
        "call",
        f"called {choice}",
    )


async def override(
    release: Release,
    /,
    *codes: Annotated[str, Parameter(help="Reasons of the verdict, each CODE:SUBJECT as `gonogo why` lists them.")],
    reason: Reason = "",
    confirm: Annotated[str | None, Parameter(help="Confirm the override of this id, as the second person.")] = None,
    common: Common = DEFAULT,
) -> int:
    """Override named reasons of the verdict, or confirm an override."""
    if confirm is not None:
        if codes or reason:
            raise UsageError("--confirm takes the override's id and nothing else")
        named = confirm
        return await give(common, lambda c: c.confirm_override(release, named), f"{named} is confirmed")
    if not codes or not reason:
        raise UsageError(f"name what is overridden, one by one, and --reason; `gonogo why {release}` lists it")
    return await give(common, lambda c: c.override(release, codes, reason=reason), "the override is proposed")
