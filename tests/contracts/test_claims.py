"""Claims of flags: what the release is told of each flag before the first write."""

from datetime import UTC, datetime

import pytest
from temporalio.testing import ActivityEnvironment

from gonogo.activities.flags import Flags
from gonogo.activities.registry import Adapters
from gonogo.activities.tasks import ClaimTask
from gonogo.adapters.memory_desk import MemoryDesk
from gonogo.adapters.memory_flags import MemoryFlags
from gonogo.domain.effects import ClaimFlags
from gonogo.domain.facts import Fencing, FlagTarget
from gonogo.domain.ledger import Link
from gonogo.domain.reports import ClaimAnswer

AT = datetime(2026, 11, 19, 10, tzinfo=UTC)


class Provider(MemoryFlags):
    """The memory provider, as fenced as a test says."""

    def __init__(self, fencing: Fencing) -> None:
        super().__init__()
        self.fencing = fencing


async def claimed(fencing: Fencing, *, allow_unfenced: bool) -> ClaimAnswer:
    adapters = Adapters(checkers={}, metrics={}, flags={"there": Provider(fencing)}, notifiers={})
    target = FlagTarget(key="gifts", environment="production", provider="there")
    effect = ClaimFlags(
        ask="flags-1", release_id="shop/1.2.0", product="shop", flags=(target,), allow_unfenced=allow_unfenced
    )
    task = ClaimTask(effect=effect, driven=False, at=AT, link=Link(seq=1, head="0" * 64))
    (answer,) = (await ActivityEnvironment().run(Flags(adapters, MemoryDesk()).claim_flags, task)).answers
    return answer


@pytest.mark.parametrize(
    ("fencing", "allow_unfenced", "granted"),
    [
        (Fencing.UNFENCED, True, True),
        (Fencing.UNFENCED, False, False),
        (Fencing.READ_BACK, False, True),
        (Fencing.FENCED, False, True),
    ],
)
async def test_a_flag_at_an_unfenced_provider_is_rolled_out_only_where_the_policy_allows_it(
    fencing: Fencing, allow_unfenced: bool, granted: bool
) -> None:
    answer = await claimed(fencing, allow_unfenced=allow_unfenced)
    assert (answer.granted, answer.reading is not None) == (granted, granted)
    assert granted or "allow_unfenced" in answer.detail
