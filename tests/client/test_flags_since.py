"""Where the flags of a closed release are by now: asked of the flags, and never at the price of the answer itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from temporalio.client import Client

from gonogo.client.calling import Patience
from gonogo.client.flags import with_flags_now
from gonogo.domain.view_values import StatusView
from gonogo.domain.views import status_view
from tests.domain import walks
from tests.domain.walks import walked

SOON = Patience(timedelta(seconds=1))


def closed(product: str) -> StatusView:
    state = walked(walks.usual).state
    view = status_view(state, state.at, head="")
    # A flag that was gone when the release closed would not be asked at all.
    return replace(view, product=product, flags=tuple(replace(flag, settled="carried") for flag in view.flags))


async def test_a_closed_release_is_shown_though_its_flag_has_no_workflow(server: Client) -> None:
    view = closed("unheard")
    assert await with_flags_now(server, view, SOON, at=datetime.now(UTC)) == view


async def test_a_closed_release_is_shown_though_its_flag_does_not_answer(server: Client) -> None:
    view = closed("silent")
    # On a queue that no worker serves.
    flag = await server.start_workflow("FlagWorkflow", id=f"flag/silent/production/{view.flags[0].key}", task_queue="x")
    assert await with_flags_now(server, view, SOON, at=datetime.now(UTC)) == view
    await flag.terminate()
