"""A list of releases: what each open one says of itself, and what becomes of those that do not answer."""

from dataclasses import replace
from datetime import UTC, datetime

from gonogo.client.errors import ClientError, NotFound, Stuck, Unreachable
from gonogo.client.listing import ReleaseRow, with_standing
from gonogo.domain.view_values import StatusView

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def rows(number: int) -> tuple[ReleaseRow, ...]:
    return tuple(
        ReleaseRow(release_id=f"shop/{n}", phase="readying", outcome="", exposure=0, launched_at=AT, status="running")
        for n in range(number)
    )


async def waits(number: int, error: ClientError) -> tuple[list[str], int]:
    """What the rows wait for when every release answers with `error`, and how many were asked."""
    asked = 0

    async def status(release_id: str) -> StatusView:
        nonlocal asked
        asked += 1
        raise error

    return [row.waits for row in await with_standing(rows(number), status)], asked


async def test_one_release_that_is_not_there_stops_no_list() -> None:
    told, asked = await waits(20, NotFound("release.unknown", "there is no release"))
    assert (set(told), asked) == ({"cannot be read [release.unknown]"}, 20)


async def test_a_release_that_workers_cannot_go_on_with_stops_no_list() -> None:
    told, asked = await waits(20, Stuck("shop/1", "it does not replay"))
    assert asked == 20
    assert all(one.startswith("it does not answer [") for one in told)


async def test_where_nobody_answers_the_rest_is_not_waited_for_and_says_so() -> None:
    told, asked = await waits(20, Unreachable("worker.silent", "no worker answers"))
    assert asked < 20
    assert told[0] == "it does not answer [worker.silent]"
    assert told[-1] == "not asked: nobody answers [worker.silent]"


async def test_a_closed_release_that_does_not_answer_is_listed_with_what_is_known_of_it() -> None:
    closed = replace(rows(1)[0], phase="completed", outcome="completed", status="completed", closed_at=AT)

    async def status(release_id: str) -> StatusView:
        raise Unreachable("worker.silent", "no worker answers")

    assert await with_standing((closed,), status) == (closed,)
