"""What would clear each thing that a release waits for, with the command line that does it, and whom it waits for.

Such a text is one way, or several with `; or ` between them; a way ends with its command, if there is one, after a
colon. So it reads as a sentence, and can be shown as a list with each command on a line of its own.
"""

from .assessing import electorate
from .plan import Check, Moment
from .readiness import aged
from .rights import PRODUCT_MANAGER, RELEASE_MANAGER, flag_owner
from .standing import DEPLOYED, PUSHED
from .state import State
from .state_parts import Hold
from .telling import people, quoted, when
from .terms import HoldReason, Phase
from .verdict import Reason

_NEEDS_MEASURING = ("check.unmeasured", "check.stale", "check.not_remeasured")


def clears_check(state: State, name: str, check: Check) -> str:
    """What makes a check pass."""
    waive = f"{RELEASE_MANAGER} waives it: {quoted(state, 'waive', f'check:{name}', '--reason WHY')}"
    if check.kind == PUSHED:
        return f"{check.owner} pushes its result: {quoted(state, 'check push', name, 'pass')}; or {waive}"
    return f"it passes when measured again: {quoted(state, 'check run', name)}; or {waive}"


def by_itself(state: State, code: str, subject: str) -> str:
    """When a check whose answer is only missing or old is measured without anybody; empty: somebody has to ask."""
    name = subject.removeprefix("check:")
    if code not in _NEEDS_MEASURING or state.plan.checks[name].kind == PUSHED:
        return ""
    if any(name in r.checks for r in state.check_rounds.values()):
        return "by itself: it is being measured"
    if state.phase is Phase.READYING and state.slot is not None:
        return "by itself: it is measured again when the poll opens"
    if code == "check.stale" and state.phase is Phase.READYING and aged(state, name, state.at):
        return "by itself: it is measured again when everything else passes"
    if state.phase is not Phase.AWAITING_WINDOW:
        return ""
    if state.opening is None:
        return "by itself: it is measured again at the opening"
    again = state.opening.retry_at
    return f"by itself: it is measured again {when(again)}" if again is not None else ""


def clears_item(state: State, name: str) -> str:
    """What makes an item count as done."""
    owner = state.items[name].owner
    sign = f"{owner} signs it off: {quoted(state, 'sign-off', name)}"
    return f"{sign}; or {RELEASE_MANAGER} waives it: {quoted(state, 'waive', f'item:{name}', '--reason WHY')}"


def clears_fact(state: State, subject: str) -> str:
    """What makes `check:ID` or `item:ID` count as passed."""
    kind, _, name = subject.partition(":")
    return clears_check(state, name, state.plan.checks[name]) if kind == "check" else clears_item(state, name)


def clears_hold(state: State, hold: Hold) -> str:
    """What lifts a hold."""
    rolling = state.phase is Phase.ROLLING_OUT
    match hold.reason:
        case HoldReason.MANUAL:
            lift = quoted(state, "resume" if rolling else "lift", hold.id)
            return f"{hold.by.id} or {RELEASE_MANAGER} lifts it: {lift}"
        case HoldReason.NO_GO:
            role = hold.subject.removeprefix("role:")
            again = quoted(state, "vote", "GO", f"--role {role}")
            back = quoted(state, "withdraw", f"--role {role}")
            return f"{hold.by.id} votes otherwise: {again}; or takes the ballot back: {back}; or the round ends"
        case HoldReason.READINESS:
            return _clears_readiness(state, hold)
        case HoldReason.GUARD:
            go_on = quoted(state, "resume", f"--measurement {hold.measurement}")
            back = quoted(state, "rollback", "--reason WHY")
            return f"somebody decides to go on{_then(state, hold)}: {go_on}; or to roll back: {back}"
        case HoldReason.SCHEDULE if hold.subject == "freeze":
            return f"what stands in the way is settled, then {RELEASE_MANAGER} freezes: {quoted(state, 'scope freeze')}"
        case HoldReason.SCHEDULE:
            return f"{RELEASE_MANAGER} names a date: {quoted(state, 'postpone', '--to INSTANT')}"
        case _:  # rolled_back
            new = f"a new candidate: {quoted(state, 'candidate', 'COMMIT')}"
            return f"the rollback is confirmed, then {new}" if rolling or state.phase is Phase.CLEANING_UP else new


def _clears_readiness(state: State, hold: Hold) -> str:
    """What lifts a hold for something that is tried again by itself: asking at once, or the way back."""
    kind, _, name = hold.subject.partition(":")
    passes = "when that passes"
    if kind == "flag" and state.phase is Phase.ROLLING_OUT and name in state.plan.flags:
        provider = state.plan.flags[name].provider
        passes = f"when {provider} takes the change (if the flag is missing at {provider}, put it back there)"
    ways = [f"it lifts by itself {passes}, tried again every 5m while the window is open"]
    again = (
        [n for n, k in state.plan.checks.items() if k.kind == DEPLOYED and k.moment is Moment.GO]
        if kind == DEPLOYED
        else [n for n in (name,) if kind == "check" and n in state.plan.checks and state.plan.checks[n].kind != PUSHED]
    )
    if again:
        ways.append(f"somebody asks again at once: {quoted(state, 'check run', *again)}")
    if state.phase is Phase.ROLLING_OUT and state.exposed_ever:
        ways.append(f"somebody rolls back: {quoted(state, 'rollback', '--reason WHY')}")
    return "; or ".join(ways)


def _then(state: State, hold: Hold) -> str:
    """What comes of it when a release goes on although a person changed its flag; empty where nobody did."""
    flag = state.flags.get(hold.subject.removeprefix("flag:"))
    if flag is None or flag.changed is None or state.rollout is None:
        return ""
    last = state.rollout.stage + 1 == len(state.stages)
    return " (it then ships with the flag as it is now)" if last else " (the next stage then exposes the flag again)"


def lifters(state: State, hold: Hold) -> tuple[str, ...]:
    """Whom a hold waits for."""
    match hold.reason:
        case HoldReason.MANUAL:
            return people(state, hold.by.id, RELEASE_MANAGER)
        case HoldReason.NO_GO:
            return (hold.by.id,)
        case HoldReason.READINESS:
            return people(state, *_owners(state, hold.subject))
        case HoldReason.GUARD:
            return people(state, RELEASE_MANAGER, *(flag_owner(state, key) for key in state.flags))
        case HoldReason.SCHEDULE if hold.subject == "freeze":
            return people(state, RELEASE_MANAGER, PRODUCT_MANAGER)
        case _:
            return people(state, RELEASE_MANAGER)


def _owners(state: State, subject: str) -> tuple[str, ...]:
    kind, _, name = subject.partition(":")
    if kind == "flag" and name in state.flags:
        return (flag_owner(state, name),)
    if kind == "item" and name in state.items:
        return (state.items[name].owner,)
    if kind == "check" and name in state.plan.checks:
        return (state.plan.checks[name].owner,)
    # The `deployed` checks together, or something that an amended plan lists no more.
    return tuple(k.owner for k in state.plan.checks.values() if k.kind == DEPLOYED) or (RELEASE_MANAGER,)


def clears_reason(state: State, reason: Reason) -> str:
    """What clears one reason of the verdict."""
    kind, _, name = reason.subject.partition(":")
    match kind:
        case "check" | "item":
            return by_itself(state, reason.code, reason.subject) or clears_fact(state, reason.subject)
        case "hold":
            return clears_hold(state, next(h for h in state.holds if h.id == name))
        case "role":
            return _clears_vote(state, reason, name)
        case "candidate":
            return f"a build: {quoted(state, 'candidate', 'COMMIT')}"
        case _:
            return reason.clears


def _clears_vote(state: State, reason: Reason, role: str) -> str:
    """What makes up for a role's missing GO: the answer itself, somebody else of the role, an override by name."""
    go = f"{reason.clears}: {quoted(state, 'vote', 'GO', f'--role {role}')}"
    if state.round is None or reason.code == "vote.no_go":
        return go
    ways = [go]
    abstains = reason.code == "vote.abstain"
    answered = state.round.ballots
    free = [p for body in electorate(state) if body.role == role for p in body.people if (role, p) not in answered]
    if free and abstains:  # who has voted is stood in for by nobody
        ways.append(f"another of the role answers GO: {quoted(state, 'vote', 'GO', f'--role {role}')}")
    elif len(free) > 1:
        stand_in = quoted(state, "vote", "GO", f"--role {role}", "--acting-for PERSON")
        ways.append(f"another of the role stands in: {stand_in}")
    ways.append(f"{RELEASE_MANAGER} overrides it: {quoted(state, 'override', reason.name, '--reason WHY')}")
    return "; or ".join(ways)
