"""A hypothesis state machine over the decision core: random plans, people, systems and times.

What must always hold is asserted after every step: by `World` (which calls the core) and by the independent
`Checker` (which reads only the ledger). The properties are named in their messages.
"""

import sys
import time
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from gonogo.domain.terms import TERMINAL

from .machine import MOODS, World, live
from .machine_plans import random_plan

_SEED = st.integers(min_value=0, max_value=2**32 - 1)


class CoreMachine(RuleBasedStateMachine):
    """Each rule is somebody's move; its seed says which. Hypothesis finds the moves, and shrinks them."""

    @initialize(plan=st.integers(min_value=0, max_value=99_999), mood=st.sampled_from(MOODS))
    def launch(self, plan: int, mood: str) -> None:
        self.world = World(random_plan(plan), mood)

    @rule(seed=_SEED)
    def a_system_answers(self, seed: int) -> None:
        self.world.answer(Random(seed))

    @rule(seed=_SEED)
    def everything_is_answered(self, seed: int) -> None:
        for n in range(4):
            self.world.answer(Random(seed + n))

    @rule(seed=_SEED)
    def somebody_acts(self, seed: int) -> None:
        self.world.people(Random(seed))

    @rule(seed=_SEED)
    def everybody_acts(self, seed: int) -> None:
        for n in range(4):
            self.world.people(Random(seed + n))

    @rule(seed=_SEED)
    def time_passes(self, seed: int) -> None:
        self.world.pass_time(Random(seed))

    @rule(seed=_SEED)
    def a_result_comes_again(self, seed: int) -> None:
        self.world.stray(Random(seed))

    @rule(seed=_SEED)
    def a_flag_speaks(self, seed: int) -> None:
        self.world.flag_news(Random(seed))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.folded()


TestCore = CoreMachine.TestCase
TestCore.settings = settings(
    max_examples=60,
    stateful_step_count=50,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mood", MOODS)
def test_whole_lives_keep_every_promise(mood: str) -> None:
    reached = {live(seed, mood=mood).state.phase for seed in range(80)}
    assert len(reached) >= 4, f"the lives reach too little to mean much: {reached}"


@pytest.mark.soak
@pytest.mark.parametrize("mood", MOODS)
def test_many_long_lives_keep_every_promise(mood: str, capsys: pytest.CaptureFixture[str]) -> None:
    began, events, closed = time.perf_counter(), 0, 0
    for seed in range(10_000, 10_800):
        world = live(seed, steps=300, mood=mood)
        events += len(world.entries)
        closed += world.state.phase in TERMINAL
    spent = time.perf_counter() - began
    with capsys.disabled():
        sys.stdout.write(
            f"{mood}: 800 lives, {closed} closed, {events} events, {events / spent:,.0f} a second with every property\n"
        )
