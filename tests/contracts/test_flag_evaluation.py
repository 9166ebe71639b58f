"""Flag files that gonogo writes, evaluated by the real OpenFeature SDK with the flagd provider."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import Reason

from gonogo.adapters.flag_file import FlagFile
from gonogo.domain.facts import Fence, FlagTarget, WriteStatus
from gonogo.domain.values import EVERYONE, NOBODY, Audience, Exposure, exposure

AT = datetime(2026, 3, 5, 14, tzinfo=UTC)
USERS = [f"user-{n}" for n in range(2_000)]
Attributes = dict[str, Any]


def target(key: str) -> FlagTarget:
    return FlagTarget(key=key, environment="production", provider="file")


Load = Callable[[Path], OpenFeatureClient]


@pytest.fixture
def load() -> Iterator[Load]:
    """Starts the provider anew on a file, as an application does that comes up."""

    def start(path: Path) -> OpenFeatureClient:
        api.set_provider_and_wait(
            FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(path), deadline_ms=20)
        )
        return api.get_client()

    yield start
    api.shutdown()


async def write(folder: Path, key: str, wanted: Exposure, epoch: int) -> None:
    result = await FlagFile(folder).write(target(key), wanted, Fence(epoch=epoch, sequence=0), key="k", at=AT)
    assert result.status is WriteStatus.WRITTEN


def sees(client: OpenFeatureClient, key: str, user: str | None = "ann", **attributes: Any) -> bool:
    context = EvaluationContext(targeting_key=user, attributes=attributes)
    details = client.get_boolean_details(key, False, context)
    assert details.reason is not Reason.ERROR, details.error_message
    return details.value


async def test_shares_are_close_and_users_who_are_in_stay_in(tmp_path: Path, load: Load) -> None:
    was: set[str] = set()
    for epoch, percent in enumerate((1, 10, 50, 100)):
        await write(tmp_path, "new", exposure(Audience.PERCENTAGE, percent, ("beta",)), epoch)
        client = load(FlagFile(tmp_path).path("production"))
        now = {user for user in USERS if sees(client, "new", user)}
        # Three standard deviations of a binomial share of 2,000.
        allowed = 3 * (percent / 100 * (1 - percent / 100) / len(USERS)) ** 0.5
        assert abs(len(now) / len(USERS) - percent / 100) <= allowed
        assert was <= now
        assert sees(client, "new", "zoe", segments=["beta"])
        assert sees(client, "new", "zoe", optIn=True)
        was = now
    assert was == set(USERS)


async def test_two_flags_do_not_pick_the_same_users(tmp_path: Path, load: Load) -> None:
    for key in ("one", "two"):
        await write(tmp_path, key, exposure(Audience.PERCENTAGE, 10), 1)
    client = load(FlagFile(tmp_path).path("production"))
    both = sum(sees(client, "one", user) and sees(client, "two", user) for user in USERS)
    assert both < 60  # 1 % would be 20


IN_BETA: list[Attributes] = [{"segments": ["beta"]}, {"segments": ["other", "beta"]}, {"segment": "beta"}]
NOT_IN_BETA: list[Attributes] = [
    {},
    {"segments": []},
    {"segments": ["beta-x"]},
    {"segments": "beta"},
    {"segments": "not-beta"},
    {"segment": "bet"},
    {"segment": ""},
]


@pytest.mark.parametrize(
    ("wanted", "yes", "no"),
    [
        (NOBODY, [], [*IN_BETA, *NOT_IN_BETA, {"optIn": True}]),
        (exposure(Audience.OPT_IN), [{"optIn": True}], [*IN_BETA, *NOT_IN_BETA, {"optIn": False}, {"optIn": "true"}]),
        (
            exposure(Audience.SEGMENT, segments=("beta", "internal")),
            [*IN_BETA, {"optIn": True}, {"segments": ["internal"]}],
            NOT_IN_BETA,
        ),
        (EVERYONE, [*IN_BETA, *NOT_IN_BETA, {"optIn": True}], []),
    ],
    ids=str,
)
async def test_each_audience_is_exactly_who_it_says(
    tmp_path: Path, load: Load, wanted: Exposure, yes: list[Attributes], no: list[Attributes]
) -> None:
    await write(tmp_path, "new", wanted, 1)
    client = load(FlagFile(tmp_path).path("production"))
    assert [a for a in yes if not sees(client, "new", **a)] == []
    assert [a for a in no if sees(client, "new", **a)] == []


async def test_users_who_are_in_stay_in_as_the_audience_grows(tmp_path: Path, load: Load) -> None:
    stages = [
        exposure(Audience.OPT_IN),
        exposure(Audience.SEGMENT, segments=("beta",)),
        exposure(Audience.PERCENTAGE, 5, ("beta",)),
        EVERYONE,
    ]
    people: list[Attributes] = [
        {"user": user, **attributes}
        for user in USERS[:100]
        for attributes in ({}, {"optIn": True}, {"segments": ["beta"]})
    ]
    was: set[int] = set()
    for epoch, stage in enumerate(stages):
        await write(tmp_path, "new", stage, epoch)
        client = load(FlagFile(tmp_path).path("production"))
        now = {n for n, person in enumerate(people) if sees(client, "new", **person)}
        assert was < now
        was = now


async def test_a_running_application_follows_a_change(tmp_path: Path, load: Load) -> None:
    await write(tmp_path, "new", NOBODY, 1)
    client = load(FlagFile(tmp_path).path("production"))
    assert not sees(client, "new")
    await write(tmp_path, "new", EVERYONE, 2)
    deadline = time.monotonic() + 10
    while not sees(client, "new"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_user_without_a_key_is_not_in_a_share(tmp_path: Path, load: Load) -> None:
    await write(tmp_path, "new", exposure(Audience.PERCENTAGE, 99), 1)
    assert not sees(load(FlagFile(tmp_path).path("production")), "new", None)
