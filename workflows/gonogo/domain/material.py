"""The material content of a release: what is voted on. Whatever is in here and changes ends the round.

Not in it: people, owners, titles, notes, due dates, routing, results, conditions, evidence, waivers, approver roll.
"""

import json
from typing import Any

from .canonical import Written, canonical, digest, written
from .plan import Plan, Stage
from .state import State
from .values import Candidate


def _stage(stage: Stage) -> dict[str, Any]:
    return {"exposure": stage.exposure, "bake": stage.bake, "guards": stage.guards, "question": stage.question}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {"commit": candidate.commit, "artifacts": sorted(candidate.artifacts.items())}


def required_roles(plan: Plan) -> tuple[str, ...]:
    """The roles that must be GO: the release manager always among them."""
    named = plan.poll.roles if plan.poll.roles is not None else tuple(r for r, x in plan.roles.items() if x.votes)
    return tuple(dict.fromkeys(("release_manager", *named)))


# What comes from the plan alone, by its digest: a release asks for it again and again.
_known: dict[tuple[str, bool], dict[str, Written]] = {}
_MOST_KNOWN = 64


def _of_plan(state: State) -> dict[str, Written]:
    """The parts that follow from the plan alone, and from whether there are flags to widen, as canonical JSON."""
    key = (state.plan_digest, bool(state.flags))
    found = _known.get(key)
    if found is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        found = _known[key] = {name: written(part) for name, part in _parts(state).items()}
    return found


def _parts(state: State) -> dict[str, Any]:
    plan = state.plan
    return {
        "stages": [_stage(s) for s in state.stages],
        "roles": {
            r: {"quorum": plan.roles[r].quorum, "min_proof": plan.roles[r].min_proof} for r in required_roles(plan)
        },
        "checks": {
            n: {"kind": k.kind, "params": k.params, "max_age": k.max_age, "moment": k.moment}
            for n, k in plan.checks.items()
        },
        "policy": digest(plan.policy),
    }


def _own(state: State) -> dict[str, Any]:
    """The parts that change while a release goes on."""
    plan = state.plan
    slot: Any = "on_demand"
    if plan.schedule.mode != "on_demand":
        slot = [state.slot.starts, state.slot.ends] if state.slot else "none"
    return {
        "product": plan.product,
        "version": plan.version,
        "environment": plan.environment,
        "candidate": _candidate(state.candidate) if state.candidate else None,
        "features": {f.feature.id: sorted(f.feature.flags) for f in state.features.values() if f.is_in},
        "slot": slot,
        "flags": {
            key: {"provider": flag.provider, "environment": plan.environment, "reach": flag.reach}
            for key in state.flags
            if (flag := plan.flags.get(key)) is not None
        },
        "items": {i.id: i.gates for i in state.items.values() if i.required and i.plan_item is not None},
    }


def material(state: State) -> dict[str, Any]:
    """The material content as JSON."""
    return {name: json.loads(canonical(part)) for name, part in {**_own(state), **_parts(state)}.items()}


def material_digest(state: State) -> str:
    """SHA-256, in hex, of the material content."""
    return digest({**_own(state), **_of_plan(state)})


def differences(old: State, new: State) -> tuple[str, ...]:
    """What differs in the material content, one line each, for whoever has to answer again."""
    before, after = material(old), material(new)
    return tuple(line for key in after for line in _diff(key, before.get(key), after.get(key)))


def _diff(path: str, old: Any, new: Any) -> list[str]:
    if old == new:
        return []
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [*old, *(k for k in new if k not in old)]
        return [line for k in keys for line in _diff(f"{path}.{k}", old.get(k), new.get(k))]
    if old is None:
        return [f"{path}: added"]
    if new is None:
        return [f"{path}: removed"]
    short = f"{path}: {old} -> {new}"
    return [short if len(short) <= 300 else f"{path}: changed"]
