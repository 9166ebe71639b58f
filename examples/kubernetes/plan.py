"""Turns the facts of a real Kubernetes release cycle into a plan and the people who answer, for `gonogo simulate`.

    python examples/kubernetes/plan.py examples/kubernetes/v1.33.json --out /tmp/k8s
    gonogo simulate /tmp/k8s/plan.yaml --people /tmp/k8s/people.yaml

What the data does not say is invented, and named so: the people, and that every role but advisers votes GO.
"""

import argparse
import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cycle import FREEZE, RELEASED, STAGES, START, ZONE, Cycle, CycleError, Request, minor
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from gonogo.client.people import read_people
from gonogo.client.plan_file import PlanFileError, read_plan

PRODUCT, RELEASE = "product_manager", "release_manager"
REQUESTER = "enhancement_owner"
POLL_OPENS = timedelta(hours=24)
MINUTE = timedelta(minutes=1)
APPROVED, REJECTED, WITHDRAWN = ("approved",), ("rejected", "denied"), ("removed", "withdrawn")


# --- the plan ------------------------------------------------------------------------------------------------------


def person(role: str) -> str:
    """The one who fills a role: nobody is named in the data."""
    return f"invented-{role}"


def is_adviser(role: str) -> bool:
    """Advisers are not asked in the poll."""
    return "advis" in role


def roles_of(cycle: Cycle) -> dict[str, Any]:
    """The team's roles, the two managers that every plan has, and whoever else has a milestone."""
    named = [PRODUCT, RELEASE, *cycle.team, *(role for m in cycle.milestones for role in m.roles)]
    return {
        role: {"people": [person(role)], "votes": False} if is_adviser(role) else {"people": [person(role)]}
        for role in dict.fromkeys(named)
    }


def items_of(cycle: Cycle) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The milestones as dated items: those that gate GO, and those after the release."""
    before: list[dict[str, Any]] = []
    after: list[dict[str, Any]] = []
    seen: dict[str, int] = {}
    for milestone in cycle.milestones:
        if milestone.kind in (START, FREEZE, RELEASED):
            continue  # these are the schedule itself
        seen[milestone.kind] = count = seen.get(milestone.kind, 0) + 1
        owner, *others = milestone.roles or [RELEASE]
        item = {
            "id": milestone.kind if count == 1 else f"{milestone.kind}-{count}",
            "title": milestone.kind.replace("_", " ") + (f", with {', '.join(others)}" if others else ""),
            "owner": owner,
            "due_at": stamp(milestone.when),
        }
        (before if milestone.when < cycle.slot else after).append(item)
    return before, after


def late_features(cycle: Cycle) -> tuple[set[str], set[str]]:
    """Enhancements that come by an approved request to the scope freeze, and those that are in only to be dropped."""
    by_exception = {r.id for r in cycle.requests if r.freeze == FREEZE and r.status in APPROVED}
    asked_late = {r.id for r in cycle.requests if r.freeze != FREEZE}
    return by_exception, asked_late - set(cycle.features) - by_exception


def feature_of(cycle: Cycle, id: str) -> dict[str, Any]:
    """A feature as a plan has it."""
    known = cycle.features.get(id)
    title = id.upper() + (f", {known.sig}" if known and known.sig else "") + (f", {known.stage}" if known else "")
    made: dict[str, Any] = {"id": id, "title": title}
    if known is None:
        return {**made, "no_flag": "it did not ship, and its gates are not in the data"}
    return {**made, "flags": known.gates} if known.gates else {**made, "no_flag": "it names no feature gate"}


def flag_of(cycle: Cycle, gate: str) -> dict[str, Any]:
    """A gate as a flag: alpha is for who opts in, beta and stable for everyone; what is stable is due to be removed."""
    named = [f for f in cycle.features.values() if gate in f.gates]
    furthest = max((f.stage for f in named), key=STAGES.index)
    made: dict[str, Any] = {"reach": "opt_in" if furthest == "alpha" else "everyone"}
    if all(f.stage == "stable" for f in named):
        made["retire_by"] = {"days": 40}
    else:
        now = minor(cycle.version) or 0
        left = max((f.stable_in or 0) for f in named) - now
        made["retire_by"] = {"cycles": left if 0 < left <= 100 else 4}
    if not all(f.can_be_disabled for f in named):
        made["can_be_disabled"] = False
    return made


def plan_of(cycle: Cycle) -> dict[str, Any]:
    """The plan as it was at the start of the cycle."""
    by_exception, only_to_drop = late_features(cycle)
    at_launch = [*(id for id in cycle.features if id not in by_exception), *sorted(only_to_drop)]
    gates = dict.fromkeys(g for id in at_launch if id in cycle.features for g in cycle.features[id].gates)
    before, after = items_of(cycle)
    roles = roles_of(cycle)
    people = {person(role): {"name": f"Invented: {role.replace('_', ' ')}"} for role in roles}
    people.setdefault(person(REQUESTER), {"name": "Invented: whoever asks for an exception"})
    lists = {
        "milestones": {"moment": "before_release_day", "owner": RELEASE, "items": before},
        "after": {"moment": "after_release", "owner": RELEASE, "items": after},
    }
    return {
        "product": "kubernetes",
        "version": DoubleQuotedScalarString(cycle.version),
        "kind": "minor",
        "candidate": {"commit": f"v{cycle.version.removeprefix('v')}"},
        "people": people,
        "roles": roles,
        **({"scope": {"freeze_at": stamp(cycle.freeze)}} if cycle.freeze else {}),
        "features": [feature_of(cycle, id) for id in at_launch],
        "flags": {gate: flag_of(cycle, gate) for gate in gates},
        "checklists": {name: listed for name, listed in lists.items() if listed["items"]},
        "schedule": {"starts": stamp(cycle.starts), "zone": ZONE.key, "slot": stamp(cycle.slot)},
        "stages": [{"audience": "opt_in", "bake": "1h"}, {"audience": "everyone", "bake": "1h"}],
    }


# --- the people ----------------------------------------------------------------------------------------------------


class Acts:
    """Who did what when, in order of time."""

    def __init__(self, cycle: Cycle, flags: dict[str, Any]) -> None:
        self.cycle = cycle
        self.flags = dict(flags)
        """Gate -> flag, of the plan and of what is amended to it."""
        self.drops: dict[str, datetime] = {}
        """Feature -> when it can go: what was asked for and did not ship."""
        self.made: list[tuple[datetime, dict[str, Any]]] = []
        self.first = (cycle.freeze or cycle.starts) + MINUTE
        """The scope is frozen: exceptions can be asked for."""
        self.last = cycle.slot - POLL_OPENS - 10 * MINUTE
        """The poll is about to open: what is unanswered then is rejected."""

    def add(self, at: datetime, role: str, do: str, **more: Any) -> None:
        """Somebody does something."""
        self.made.append((at, {"at": stamp(at), "who": person(role), "do": do, **more}))

    def within(self, at: datetime, after: datetime) -> datetime:
        """`at`, moved to where it is possible: after `after`, before the poll."""
        return max(min(at, self.last), after)

    def request(self, request: Request, in_scope: dict[str, datetime]) -> None:
        """A request and what was decided about it."""
        # Asked a little before the day's end, so that it can be decided on the same day.
        since = in_scope.get(request.id)
        asks_scope = request.freeze == FREEZE and since is None
        earliest = self.first if since is None else max(self.first, since + MINUTE)
        asked = self.within(request.requested - 5 * MINUTE, earliest)
        decided = self.within(request.reviewed or request.requested, asked + MINUTE)
        known = feature_of(self.cycle, request.id)
        new_gates = [g for g in known.get("flags", ()) if g not in self.flags]
        what: dict[str, Any] = {"kind": "late", "subject": request.id}
        if asks_scope:
            shown = {
                "id": known["id"],
                "title": known["title"],
                "no_flag": "its gates come with the plan's next revision",
            }
            what = {"kind": "scope", "feature": shown if new_gates else known}
        elif request.reviewed:
            what["until"] = request.reviewed.astimezone(ZONE).date().isoformat()
        self.add(
            asked, REQUESTER, "exception.request", **what, why=f"asked for after the {request.freeze.replace('_', ' ')}"
        )
        if request.status in APPROVED:
            self.add(decided - MINUTE / 2, PRODUCT, "exception.approve", about=request.id)
            self.add(decided, RELEASE, "exception.approve", about=request.id)
            if asks_scope:
                in_scope[request.id] = decided
                if new_gates:
                    flags = {gate: flag_of(self.cycle, gate) for gate in new_gates}
                    self.add(decided, RELEASE, "amend", features=[known], flags=flags)
                    self.flags.update(flags)
        elif request.status in REJECTED:
            self.add(decided, RELEASE, "exception.reject", about=request.id)
        elif request.status in WITHDRAWN:
            self.add(decided, REQUESTER, "exception.withdraw", about=request.id)
        if request.id not in self.cycle.features and request.id in in_scope:
            self.drops[request.id] = max(decided + MINUTE, self.drops.get(request.id, decided))


def people_of(cycle: Cycle, plan: dict[str, Any]) -> dict[str, Any]:
    """Who answers what and when."""
    acts = Acts(cycle, plan["flags"])
    in_scope = {feature["id"]: acts.first - MINUTE for feature in plan["features"]}
    for request in sorted(cycle.requests, key=lambda r: (r.requested, r.freeze != FREEZE)):
        acts.request(request, in_scope)
    for id, at in acts.drops.items():
        # Nobody knows the day: it was gone before the release.
        acts.add(acts.within(at, at), PRODUCT, "scope.drop", feature=id, reason="not in the release in the end")
    made = [act for _, act in sorted(acts.made, key=lambda pair: pair[0])]
    voters = [role for role, given in plan["roles"].items() if given.get("votes", True)]
    made += [
        {"on": "poll.opened", "after": "1h", "who": person(role), "do": "vote", "role": role, "choice": "GO",
         "reason": "invented"}
        for role in voters
    ]  # fmt: skip
    stable = [key for key, flag in acts.flags.items() if "days" in flag["retire_by"]]
    return {
        "launcher": person(PRODUCT),
        # Everybody does what is due on its day.
        "defaults": {"sign_offs": "2h"},
        "acts": made,
        "removed": dict.fromkeys(stable, "7d"),
    }


# --- writing -------------------------------------------------------------------------------------------------------


def stamp(at: datetime) -> str:
    """An instant as files have it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dumped(comment: str, data: dict[str, Any]) -> str:
    """`data` as YAML below a comment."""
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = 160
    out = io.StringIO()
    yaml.dump(data, out)
    return "".join(f"# {line}\n" for line in comment.splitlines()) + out.getvalue()


def convert(text: str) -> tuple[str, str]:
    """`plan.yaml` and `people.yaml` of a cycle's JSON.

    Raises:
        CycleError: it cannot be used; the message names the key.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CycleError(f"is not JSON: {error}") from error
    cycle = Cycle.read(data)
    plan = plan_of(cycle)
    people = people_of(cycle, plan)
    plan_text = dumped(
        f"Kubernetes {cycle.version}, made by examples/kubernetes/plan.py of facts from its public records.\n"
        "Every person is invented: the data names nobody.",
        plan,
    )
    people_text = dumped(
        f"Who answered what in the cycle of Kubernetes {cycle.version}. The requests and their days are real.\n"
        "The votes are invented: GO of every role but advisers. So is who asked and who decided.",
        people,
    )
    try:
        read_people(people_text, name="people.yaml", plan=read_plan(plan_text, name="plan.yaml"))
    except PlanFileError as error:
        raise CycleError(f"makes no valid plan:\n{error}") from error
    return plan_text, people_text


def main() -> int:
    """Reads the arguments, writes the two files."""
    parser = argparse.ArgumentParser(description="Turns a release cycle into plan.yaml and people.yaml.")
    parser.add_argument("cycle", type=Path, metavar="CYCLE.json")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the two files")
    given = parser.parse_args()
    try:
        plan, people = convert(given.cycle.read_text(encoding="utf-8"))
        given.out.mkdir(parents=True, exist_ok=True)
        for name, text in {"plan.yaml": plan, "people.yaml": people}.items():
            (given.out / name).write_text(text, encoding="utf-8")
            print(given.out / name)
    except (CycleError, UnicodeDecodeError) as error:
        print(f"{given.cycle.name}: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename or given.cycle}: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
