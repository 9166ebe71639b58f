"""An exposure as a flagd flag definition, and back.

| exposure | in the file |
|---|---|
| nobody, everyone | no targeting; the default variant is the off or the on one |
| opt-in | users whose context has `optIn: true` |
| segments | and those whose `segments` list has, or whose `segment` is, one of the names |
| percentage | and a share of all others by `fractional` |

`fractional` puts a user into a bucket by flag key and targeting key, and its shares are contiguous from the first on:
with "on" first, growing the share only ever adds users. A user without a targeting key gets the default, off.
"""

import json
from collections.abc import Mapping
from typing import Any

from gonogo.domain.facts import Fence
from gonogo.domain.values import EVERYONE, NOBODY, Audience, Exposure, exposure

EPOCH = "gonogo.epoch"
SEQUENCE = "gonogo.sequence"
EXPOSURE = "gonogo.exposure"
"""Keys of ours in a flag's `metadata`: fence and exposure of the last write."""


def canonical(wanted: Exposure) -> str:
    """The exposure as it is recorded in the metadata."""
    said = {"audience": wanted.audience.value, "percent": wanted.percent, "segments": list(wanted.segments)}
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def variants(flag: Mapping[str, Any]) -> tuple[str, str] | None:
    """The names of the flag's on and off variants; None unless exactly one is true, one false, and nothing else."""
    given = flag.get("variants")
    if not isinstance(given, dict) or len(given) != 2:
        return None
    on = [name for name, served in given.items() if served is True]
    off = [name for name, served in given.items() if served is False]
    return (on[0], off[0]) if len(on) == len(off) == 1 else None


def definition(flag: Mapping[str, Any] | None, wanted: Exposure, fence: Fence) -> dict[str, Any] | None:
    """`flag` (None: a new one) changed so that it exposes `wanted`; None when it has no on and off variants."""
    made: dict[str, Any] = {"variants": {"on": True, "off": False}} if flag is None else dict(flag)
    names = variants(made)
    if names is None:
        return None
    on, off = names
    made |= {"state": "ENABLED", "defaultVariant": on if wanted.audience is Audience.EVERYONE else off}
    rule = _targeting(wanted, on, off)
    made.pop("targeting", None)
    if rule is not None:
        made["targeting"] = rule
    kept = made.get("metadata")
    made["metadata"] = {
        **(kept if isinstance(kept, dict) else {}),
        EPOCH: fence.epoch,
        SEQUENCE: fence.sequence,
        EXPOSURE: canonical(wanted),
    }
    return made


def in_force(flag: Mapping[str, Any]) -> Exposure | None:
    """Whom the flag exposes, from what flagd evaluates, never from our metadata; None when that is no exposure.

    A disabled flag is None: flagd then gives every caller the default in its own code, which nobody here knows.
    """
    names = variants(flag)
    if names is None or flag.get("state") != "ENABLED":
        return None
    on, off = names
    default, rule = flag.get("defaultVariant"), flag.get("targeting")
    if not rule and rule in (None, {}):
        return {on: EVERYONE, off: NOBODY}.get(default) if isinstance(default, str) else None
    if default != off:
        return None
    # Only the very rule that we would write is known to mean the same; so read out what it could be, and compare.
    guess = _guess(rule, on)
    return guess if guess is not None and _text(_targeting(guess, on, off)) == _text(rule) else None


def fence_of(flag: Mapping[str, Any]) -> Fence | None:
    """The fence of the last write, from the flag's metadata; None when there is none that makes sense."""
    metadata = flag.get("metadata")
    if not isinstance(metadata, dict):
        return None
    epoch, sequence = metadata.get(EPOCH), metadata.get(SEQUENCE)
    if type(epoch) is not int or type(sequence) is not int or epoch < 0 or sequence < 0:
        return None
    return Fence(epoch=epoch, sequence=sequence)


def recorded(flag: Mapping[str, Any]) -> str | None:
    """The exposure that the last write recorded, as `canonical` writes it."""
    metadata = flag.get("metadata")
    found = metadata.get(EXPOSURE) if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else None


def _targeting(wanted: Exposure, on: str, off: str) -> dict[str, Any] | None:
    if wanted.audience in (Audience.NOBODY, Audience.EVERYONE):
        return None
    named: Any = {"===": [{"var": "optIn"}, True]}
    if wanted.segments:
        names = list(wanted.segments)
        # `some` and not `in` over the attribute: given a text instead of a list, `in` looks for a part of it, and
        # "beta" would also be found in "not-beta".
        listed = {"some": [{"var": ["segments", []]}, {"in": [{"var": ""}, names]}]}
        named = {"or": [named, listed, {"in": [{"var": "segment"}, names]}]}
    others: Any = off
    if wanted.audience is Audience.PERCENTAGE:
        others = {"fractional": [[on, wanted.percent], [off, 100 - wanted.percent]]}
    return {"if": [named, on, others]}


def _guess(rule: Any, on: str) -> Exposure | None:
    try:
        named, then, others = rule["if"]
        names = named["or"][2]["in"][1] if "or" in named else []
        share = others["fractional"][0][1] if isinstance(others, dict) else 0
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    if then != on or type(share) is not int or not 0 <= share <= 100:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    audience = Audience.PERCENTAGE if isinstance(others, dict) else Audience.SEGMENT if names else Audience.OPT_IN
    try:
        return exposure(audience, share, tuple(names))
    except ValueError:
        return None


def _text(rule: Any) -> str:
    return json.dumps(rule, sort_keys=True)
