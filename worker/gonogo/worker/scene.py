"""The simulated world of a people file: what checks, guards, flags and channels answer when."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from gonogo.activities.registry import Adapters
from gonogo.adapters.memory import (
    CheckTurn,
    MemoryChecks,
    MemoryInbox,
    MemoryMetrics,
    MetricTurn,
    memory_adapters,
)
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.client.people import People, System
from gonogo.domain.plan import Flag, Plan
from gonogo.domain.resolution import Interval
from gonogo.domain.state import State

from .habits import removal_of
from .script import amendment


class Scene:
    """The simulated world of a people file: what checks, guards, flags and channels answer when."""

    def __init__(self, people: People, plan: Plan) -> None:
        """Sets it up for everything that the plan, or an amendment of it, names."""
        self._people = people
        self._systems: dict[System, set[str]] = {
            "checks": {check.kind for check in plan.checks.values()},
            "guards": {guard.source for stage in plan.stages for guard in stage.guards},
            "flags": {flag.provider for flag in (*plan.flags.values(), *_amended(people))},
            "notifications": set(plan.notifications.channels),
        }
        self.archived = {key: at for key, at in people.removed.items() if isinstance(at, datetime)}
        """Flag -> when it is archived, as far as that is known."""
        self.flags = MemoryFlags(people.exposure_before(), removed=self.archived, outages=self._outages("flags"))
        self.inbox = MemoryInbox(outages=self._outages("notifications"))
        checks = {
            name: [CheckTurn(at=t.at, status=t.status, finding=t.finding) for t in turns]
            for name, turns in people.checks.items()
        }
        guards = {
            name: [MetricTurn(at=t.at, value=t.value, error=t.error) for t in turns]
            for name, turns in people.guards.items()
        }
        self._adapters = memory_adapters(
            checks=MemoryChecks(checks, outages=self._outages("checks")),
            metrics=MemoryMetrics(guards, outages=self._outages("guards")),
            flags=self.flags,
            inbox=self.inbox,
        )

    @property
    def adapters(self) -> Adapters:
        """What the worker talks to."""
        return self._adapters

    def _outages(self, system: System) -> Mapping[str, tuple[Interval, ...]]:
        spans = tuple(Interval(start=o.start, end=o.end) for o in self._people.outages.get(system, ()))
        return dict.fromkeys(self._systems[system], spans)

    def changes(self) -> tuple[datetime, ...]:
        """Every instant at which something answers differently."""
        turns = [t.at for script in (self._people.checks, self._people.guards) for ts in script.values() for t in ts]
        outages = [at for spans in self._people.outages.values() for o in spans for at in (o.start, o.end)]
        return tuple(sorted([*turns, *outages, *(r for r in self._people.removed.values() if isinstance(r, datetime))]))

    def removals(self, state: State) -> dict[str, datetime]:
        """When flags of a release that has shipped are archived: as scripted, else when it has to settle them."""
        shipped = state.released_at
        assert shipped is not None
        found: dict[str, datetime] = {}
        for key, flag in state.flags.items():
            said = self._people.removed.get(key)
            at = shipped + said if isinstance(said, timedelta) else said
            if at is None and flag.settled is None:
                at = removal_of(state, key, self._people.defaults.removal)
            if at is not None:
                found[key] = max(at, shipped)
                self.archived[key] = at
                self.flags.remove(key, at)
        return found


def _amended(people: People) -> tuple[Flag, ...]:
    return tuple(flag for act in people.acts if act.do == "amend" for flag in amendment(act).flags.values())


def launcher_of(plan: Plan, people: People) -> str:
    """Who launches: as the people file says, else the first product manager."""
    role = plan.roles["product_manager"]
    return people.launcher or (role.people or (role.rotation.people if role.rotation else ()))[0]
