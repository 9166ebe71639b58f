"""client.md: the typed client, by the docstrings of its methods."""

import inspect
from collections.abc import Iterator
from typing import Any

from gonogo.client import errors
from gonogo.client.commanding import Commands
from gonogo.client.release_client import ReleaseClient

from .tables import cell

_CONNECT = """\
# The typed client

`gonogo.client` launches, steers, reads and follows releases from Python. It needs no worker beside it: `pip install .`
is enough. The `gonogo` command is made of it, so whatever a command does, a program can do.

## Connecting

```python
import asyncio

from gonogo.client import Candidate, ClientError, ReleaseClient, local_actor, read_plan_path


async def main() -> None:
    client = await ReleaseClient.connect(actor=local_actor("ben"))
    try:
        release = (await client.launch(read_plan_path("release.yaml"))).release_id
        await client.set_candidate(release, Candidate(commit="a1b2c3d"))
        answer = await client.vote(release, "GO", role="release_manager")
        print(answer.accepted, answer.code, (await client.why(release)).headline)
    except ClientError as error:
        print(error.code, error.message, error.details)


asyncio.run(main())
```

`connect` asks the server that Temporal's own variables name, else that of `gonogo up`; see [settings.md](settings.md).
`local_actor()` is `GONOGO_ACTOR`, else the user of this machine. One client asks on behalf of one actor. Over a
connection that you have, write `ReleaseClient(client, actor=local_actor("ben"))`; it needs Temporal's
`pydantic_data_converter`. Every method is a coroutine, but `watch`, which is iterated with `async for`.

A plan is read by `read_plan_path`, which raises `PlanFileError` with every problem, its line and column. The plan's and
the commands' own types (`Feature`, `Finding`, …) are in `gonogo.domain.plan`, `.facts`, `.terms` and `.values`.
"""

_COMMANDS = """\
## Commands

A release is named by its id, `PRODUCT/VERSION`. Each command answers an `Answer`: `accepted`, `code` and `message`
where it is false, `phase`, `created`, and `seq` and `head` of the ledger. What follows `*` is given by its name. Which
command is legal where, and for whom, stands in [concepts.md](concepts.md#which-command-is-legal-where).
"""

_AFTER_COMMANDS = """
`act` takes any command of `gonogo.domain.commands` as it is, and a `request_id` of yours: all others are made of it.
"""

_READING = """\
## Reading

Nothing of this changes a release. An answer about a release comes from its workflow, so a worker must run.
"""

_WATCH = """
`watch` yields entries as they are made, and ends when the release closes. `seq` of an entry is its place: go on behind
it with `after`. [events.md](events.md) describes entries and events; `entry.event.type` is the name of the kind.

```python
async def follow(client: ReleaseClient, release: str) -> None:
    async for entry in client.watch(release):
        print(entry.seq, entry.at, entry.actor.id, entry.event.type)
        if entry.event.type == "Held":
            print((await client.why(release)).headline)
```
"""

_FLAGS = "## Flags beyond one release\n"

_ERRORS = """\
## Errors

Every error of the client has a stable `code`, a `message` for people, and `details`: the values behind it, as text. A
value that cannot be, such as an empty reason, is pydantic's `ValidationError` (a `ValueError`), and nothing was sent.
"""

_RETRIES = """
## Trying again

A call outlasts a restart of server or worker. It is tried again for 2 minutes with the same request id, so that what
was asked once is done once; then it raises `Unreachable`. Another limit, and a word while it waits:

```python
patience = Patience(timedelta(seconds=20), on_wait=print)
client = await ReleaseClient.connect(actor=local_actor(), patience=patience, wait=True)
```

`wait=True` also waits for a server that is not there yet. After `Unreachable` it is not known whether a command was
carried out. Asked again with the same id it counts once: `request_id` of `act` and `kill_flag`, `ballot_id` of `vote`
and `call`. `launch` needs none: the same plan is the same release. What was `Refused` is not worth another try: nothing
changed, and it would be refused again until something else does.
"""

_READ = ("list", "get", "status", "why", "verdict", "watch", "ledger", "history", "record")
_OF_FLAGS = ("flags", "find_flags", "flag", "flag_history", "kill_flag")


def text() -> str:
    """The page."""
    commands = [
        name
        for name, found in vars(Commands).items()
        if inspect.isfunction(found) and not name.startswith("_") and name not in ("act", *_READ)
    ]
    return "\n".join(
        [
            _CONNECT,
            _COMMANDS,
            *_table("launch", "act", *commands),
            _AFTER_COMMANDS,
            _READING,
            *_table(*_READ),
            _WATCH,
            _FLAGS,
            *_table(*_OF_FLAGS),
            "",
            _ERRORS,
            f"```text\n{_tree()}\n```",
            _RETRIES,
        ]
    )


def _table(*names: str) -> Iterator[str]:
    yield from ("| method | what for |", "|---|---|")
    for name in names:
        method = getattr(ReleaseClient, name)
        said = (inspect.getdoc(method) or "").partition("\n\n")[0]
        yield f"| `{name}({_arguments(method)})` | {cell(said)} |"


def _arguments(method: Any) -> str:
    """Arguments as they are given, without `self` and the types."""
    given = list(inspect.signature(method).parameters.values())[1:]
    bare = [one.replace(annotation=one.empty) for one in given]
    return str(inspect.Signature(bare))[1:-1]


def _tree() -> str:
    lines = (errors.__doc__ or "").split("\n\n")[1].splitlines()
    return "\n".join(line.removeprefix("    ").rstrip() for line in lines)
