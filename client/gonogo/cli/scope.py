"""`gonogo scope …`."""

from typing import Annotated, Literal

from cyclopts import Parameter

from gonogo.client.errors import Refused
from gonogo.client.release_client import ReleaseClient
from gonogo.domain.plan import Feature
from gonogo.domain.terms import FeatureStatus
from gonogo.workflows.messages import Answer

from .choices import ANY_CASE
from .common import DEFAULT, Common, Reason, Release, give
from .exits import UsageError
from .instants import Days

FeatureId = Annotated[str, Parameter(help="The feature's id.")]


async def add(
    release: Release,
    feature: FeatureId,
    /,
    *,
    title: Annotated[str, Parameter(help="What it is, in a few words.")],
    need: Annotated[str, Parameter(help="The user's need in one sentence.")] = "",
    owner: Annotated[str | None, Parameter(help="Who answers for it.")] = None,
    rank: Annotated[int | None, Parameter(help="Importance, 1 first.")] = None,
    estimate: Annotated[Days | None, Parameter(help="Person-days.")] = None,
    by: Annotated[tuple[str, ...], Parameter(help="Who gave the estimate; repeat it.", negative=())] = (),
    flag: Annotated[tuple[str, ...], Parameter(help="A flag that exposes it; repeat it.", negative=())] = (),
    no_flag: Annotated[str, Parameter(name="--no-flag", help="Why it has no flag.")] = "",
    announce: Annotated[bool, Parameter(help="It is announced to customers.", negative=())] = False,
    common: Common = DEFAULT,
) -> int:
    """Propose a feature."""
    made = Feature(
        id=feature,
        title=title,
        need=need,
        owner=owner,
        rank=rank,
        estimate_days=estimate,
        estimated_by=by,
        flags=flag,
        no_flag=no_flag,
        announce=announce,
    )
    return await give(common, lambda c: c.add_feature(release, made), f"{feature} is proposed")


async def split(
    release: Release,
    feature: FeatureId,
    /,
    *,
    into: Annotated[
        tuple[str, ...],
        Parameter(help="ID=TITLE, or ID:DAYS=TITLE; repeat it. The parts keep owner and flags.", negative=()),
    ],
    by: Annotated[
        tuple[str, ...], Parameter(help="Who gave the estimates; repeat it. Default: you.", negative=())
    ] = (),
    common: Common = DEFAULT,
) -> int:
    """Replace a feature by smaller ones."""

    async def call(client: ReleaseClient) -> Answer:
        whole = (await client.get(release)).features.get(feature)
        parts = [_part(text, whole.feature if whole else None, by or (common.actor.id,)) for text in into]
        return await client.split_feature(release, feature, parts)

    return await give(common, call, f"{feature} is split into {len(into)}")


def _part(text: str, whole: Feature | None, estimated_by: tuple[str, ...]) -> Feature:
    name, equals, title = text.partition("=")
    part, colon, days = name.partition(":")
    if not equals or not title.strip() or (colon and not days):
        raise UsageError(f"--into {text!r}: write ID=TITLE or ID:DAYS=TITLE")
    return Feature(
        id=part,
        title=title.strip(),
        owner=whole.owner if whole else None,
        flags=whole.flags if whole else (),
        no_flag=whole.no_flag if whole else "",
        estimate_days=days or None,  # type: ignore[arg-type]  # the model reads the number
        estimated_by=estimated_by if days else (),
    )


async def estimate(
    release: Release,
    feature: FeatureId,
    days: Annotated[Days, Parameter(help="Person-days.")],
    /,
    *,
    by: Annotated[tuple[str, ...], Parameter(help="Who estimated; repeat it. Default: you.", negative=())] = (),
    common: Common = DEFAULT,
) -> int:
    """Say how much work a feature is."""
    return await give(common, lambda c: c.estimate(release, feature, days, by), f"{feature} is {days} person-days")


async def drop(release: Release, feature: FeatureId, /, *, reason: Reason, common: Common = DEFAULT) -> int:
    """Take a feature out."""
    return await _change(common, release, feature, FeatureStatus.DROPPED, reason=reason)


async def defer(
    release: Release,
    feature: FeatureId,
    /,
    *,
    to: Annotated[str, Parameter(help="The later release.")],
    reason: Reason = "",
    common: Common = DEFAULT,
) -> int:
    """Move a feature to a later release."""
    return await _change(common, release, feature, FeatureStatus.DEFERRED, until=to, reason=reason)


async def delay(
    release: Release,
    feature: FeatureId,
    /,
    *,
    until: Annotated[str, Parameter(help="Until when, such as 2026-03-05.")],
    reason: Reason = "",
    common: Common = DEFAULT,
) -> int:
    """Say that a feature will be late."""
    return await _change(common, release, feature, FeatureStatus.DELAYED, until=until, reason=reason)


async def progress(
    release: Release,
    feature: FeatureId,
    status: Annotated[Literal["in_progress", "merged"], ANY_CASE],
    /,
    *,
    common: Common = DEFAULT,
) -> int:
    """Say that a feature is in progress, or merged."""
    return await _change(common, release, feature, FeatureStatus(status))


async def _change(
    common: Common, release: str, feature: str, status: FeatureStatus, *, until: str = "", reason: str = ""
) -> int:
    told = f"{feature} is {status.value.replace('_', ' ')}"
    return await give(common, lambda c: c.change_feature(release, feature, status, until=until, reason=reason), told)


async def freeze(release: Release, /, *, common: Common = DEFAULT) -> int:
    """Freeze the scope."""

    async def call(client: ReleaseClient) -> Answer:
        try:
            return await client.freeze(release)
        except Refused as refused:
            if refused.code != "scope.not_freezable":
                raise
            view = await client.why(release)
            stands = [f"{w.subject}: {w.text}" for w in view.waiting if not w.code.startswith(("scope.open", "hold."))]
            if not stands:
                raise
            told = {"stands": "\n".join(stands), "conditions": "\n".join(stands)}
            what = f"the scope cannot freeze (`gonogo why {release}` says what clears each)"
            raise Refused(refused.code, f"{what}: {'; '.join(stands)}", {**refused.details, **told}) from refused

    return await give(common, call, "the scope is frozen")
