"""settings.md: every environment variable."""

from gonogo.cli.plans import POLICY_VARIABLE
from gonogo.client.connect import ACTOR_VARIABLE
from gonogo.worker.settings import Settings

from .tables import cell


def text() -> str:
    """The page."""
    rows = [f"| {cell(field.description or '')} |".replace(": ", " | ", 1) for field in Settings.model_fields.values()]
    return "\n".join(
        [
            f"""\
# Settings

Everything is set by environment variables, read once when a program starts; an empty one counts as not set. A value
that cannot be used is refused by name.

## The worker and `gonogo up`

| variable | meaning |
|---|---|
{chr(10).join(rows)}

## Commands

| variable | meaning |
|---|---|
| `{ACTOR_VARIABLE}` | Who asks. Default: the user of this machine. `--as PERSON` comes before it. |
| `{POLICY_VARIABLE}` | The organisation's policy file. Default: none. `--policy FILE` comes before it. |
| `GONOGO_HOME` | The data folder, in which commands find the server of `gonogo up`. Default: as above. |
| `GONOGO_TASK_QUEUE` | The task queue on which releases are launched: the worker's. Default: gonogo. |

## Adapters

| variable | meaning |
|---|---|
| `GONOGO_FLAGS_DIR` | Flag provider `file`: the folder of the flag files. Default: `flags/` in the data folder. |

A secret never stands in a plan: a parameter such as `secret: env:CHAT_SECRET` names a variable of the worker.

## The connection to Temporal

Temporal's own variables and configuration file: `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
`TEMPORAL_TLS_…`, `TEMPORAL_CONFIG_FILE`, `TEMPORAL_PROFILE`. Without an address the server of `gonogo up` is used:
`address` in `up.json` of the data folder. [operating.md](operating.md#on-one-machine) says how its ports are chosen."""
        ]
    )
