"""Cross-checks of checks, checklists and notifications: every fact has an owner, and can be known."""

import re
from fnmatch import fnmatchcase

from .notice_types import NOTICE_TYPES
from .plan import Check, Item, ItemScope, Moment, Plan, ReleaseKind
from .plan_problem import Path, Problem, Problems, did_you_mean, known_people
from .plan_rules_params import problems as params_problems

MAX_CHECKS = 300
"""Most checks of one plan."""
MAX_ITEMS = 200
"""Most checklist items of one plan, with those that stand once for every feature counted for each."""
_PATTERN = re.compile(r"\*|[a-z0-9_]+(\.[a-z0-9_]+)*(\.\*)?")


def problems(plan: Plan) -> Problems:
    """What is wrong with checks, checklists and notifications."""
    yield from _checks(plan)
    yield from _policy_checks(plan)
    yield from _checklists(plan)
    yield from _anything(plan)
    yield from _notifications(plan)


def _owner(plan: Plan, owner: str | None, at: Path) -> Problems:
    known = known_people(plan) | set(plan.roles)
    if owner is not None and owner not in known:
        message = f"{owner!r} is no person or role of this plan{did_you_mean(owner, known)}"
        yield Problem(code="plan.owner_unknown", path=at, message=message)


def _checks(plan: Plan) -> Problems:
    if len(plan.checks) > MAX_CHECKS:
        message = f"{len(plan.checks)} checks, and {MAX_CHECKS} is the most"
        yield Problem(code="plan.size_checks", path=("checks",), message=message)
    for name, check in plan.checks.items():
        yield from _check(plan, check, ("checks", name))


def _check(plan: Plan, check: Check, at: Path) -> Problems:
    yield from _owner(plan, check.owner, (*at, "owner"))
    yield from params_problems(check.params, (*at, "params"))
    if not check.max_age:
        message = "a pass of age 0s is always too old: write 24h"
        yield Problem(code="plan.check_max_age", path=(*at, "max_age"), message=message)
    if check.every is not None and not check.every:
        message = "every 0s never waits: write 1h, or leave it out"
        yield Problem(code="plan.check_every", path=(*at, "every"), message=message)
    if not check.timeout:
        message = "0s leaves no time to measure: write 30s"
        yield Problem(code="plan.check_timeout", path=(*at, "timeout"), message=message)
    limit = plan.policy.max_age_limit_hours
    if limit is not None and check.moment is Moment.GO and check.max_age.total_seconds() > limit * 3600:
        message = f"longer than the policy's {limit}h"
        yield Problem(code="plan.policy_max_age", path=(*at, "max_age"), message=message)
    if check.kind == "deployed" and check.moment is not Moment.GO:
        message = "a check of kind deployed is asked at the opening and before each stage: its moment is go"
        yield Problem(code="plan.check_deployed_moment", path=(*at, "moment"), message=message)


def _policy_checks(plan: Plan) -> Problems:
    skipped = plan.policy.hotfix_may_skip if plan.kind is ReleaseKind.HOTFIX else ()
    for name in plan.policy.required_checks:
        check = plan.checks.get(name)
        if check is None and name not in skipped:
            message = f"the policy requires the check {name!r}{did_you_mean(name, plan.checks)}"
            yield Problem(code="plan.policy_check_missing", path=("checks",), message=message)
        elif check is not None and check.moment is not Moment.GO:
            message = f"the policy requires it at moment go, not {check.moment.value}"
            yield Problem(code="plan.policy_check_moment", path=("checks", name, "moment"), message=message)
    if plan.policy.require_deployed and plan.flags and all(c.kind != "deployed" for c in plan.checks.values()):
        message = "the policy requires a check of kind deployed in a plan with flags: they expose what is already there"
        yield Problem(code="plan.policy_deployed", path=("checks",), message=message)


def _checklists(plan: Plan) -> Problems:
    seen: dict[str, str] = {}
    for name, listed in plan.checklists.items():
        at: Path = ("checklists", name)
        yield from _owner(plan, listed.owner, (*at, "owner"))
        for place, item in enumerate(listed.items):
            here: Path = (*at, "items", place)
            if item.id in seen:
                message = (
                    f"{item.id!r} is the id of an earlier item of {seen[item.id]!r} too: ids are unique in the plan"
                )
                yield Problem(code="plan.item_twice", path=(*here, "id"), message=message)
            seen.setdefault(item.id, name)
            yield from _item(plan, item, here)
    count = sum(_times(plan, item) for listed in plan.checklists.values() for item in listed.items)
    if count > MAX_ITEMS:
        message = f"{count} items, those per feature counted for each, and {MAX_ITEMS} is the most"
        yield Problem(code="plan.size_items", path=("checklists",), message=message)


def _anything(plan: Plan) -> Problems:
    # Items that stand for each feature do not do: they go when the last feature that has one is dropped.
    items = (
        item
        for listed in plan.checklists.values()
        if listed.moment.gates is Moment.GO
        for item in listed.items
        if item.required and item.per is ItemScope.RELEASE and _times(plan, item)
    )
    if any(check.moment is Moment.GO for check in plan.checks.values()) or any(items):
        return
    message = (
        f"nothing must be true before a {plan.kind.value} release goes out, and an empty list never means that all is "
        "well: name a check of moment go, or a required item for the whole release before_go_no_go"
    )
    yield Problem(code="plan.go_empty", path=("checks",), message=message)


def _item(plan: Plan, item: Item, at: Path) -> Problems:
    yield from _owner(plan, item.owner, (*at, "owner"))
    if item.due is not None and item.due_at is not None:
        message = "it has two due dates: keep one of due and due_at"
        yield Problem(code="plan.item_due_both", path=(*at, "due_at"), message=message)
    if item.announce_only and item.per is not ItemScope.FEATURE:
        message = "announce_only chooses features: it needs `per: feature`"
        yield Problem(code="plan.item_announce_only", path=(*at, "announce_only"), message=message)


def _times(plan: Plan, item: Item) -> int:
    if item.kinds and plan.kind not in item.kinds:
        return 0
    if item.per is ItemScope.RELEASE:
        return 1
    return sum(feature.announce or not item.announce_only for feature in plan.features)


def _notifications(plan: Plan) -> Problems:
    channels = plan.notifications.channels
    for name, channel in channels.items():
        yield from params_problems(channel.params, ("notifications", "channels", name, "params"))
    for place, route in enumerate(plan.notifications.routes):
        at: Path = ("notifications", "routes", place)
        if route.channel not in channels:
            message = f"{route.channel!r} is no channel of this plan{did_you_mean(route.channel, channels)}"
            yield Problem(code="plan.route_channel", path=(*at, "channel"), message=message)
        for number, pattern in enumerate(route.events):
            if not _PATTERN.fullmatch(pattern):
                message = f"{pattern!r} is no message type: write poll.opened, hold.* or *"
                yield Problem(code="plan.route_event", path=(*at, "events", number), message=message)
            elif not any(fnmatchcase(known, pattern) for known in NOTICE_TYPES):
                message = f"no message is of the type {pattern!r}{_nearest(pattern)}"
                yield Problem(code="plan.route_event", path=(*at, "events", number), message=message)


def _nearest(pattern: str) -> str:
    families = {f"{known.rpartition('.')[0]}.*" for known in NOTICE_TYPES if "." in known}
    hint = did_you_mean(pattern, (*NOTICE_TYPES, *families))
    return hint or f"; types begin with {', '.join(sorted({known.partition('.')[0] for known in NOTICE_TYPES}))}"
