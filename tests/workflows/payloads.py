"""Payloads that nobody should send: made from good ones, seeded, so that a failing one can be made again."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from temporalio.api.common.v1 import Payload

ANN: dict[str, Any] = {"id": "ann"}
FEATURE: dict[str, Any] = {"id": "wishes", "title": "Wish lists", "no_flag": "a page of its own"}
AT = "2026-11-16T09:00:00Z"
EXPOSURE: dict[str, Any] = {"audience": "percentage", "percent": 10}

COMMANDS: tuple[dict[str, Any], ...] = (
    {"type": "scope.add", "feature": FEATURE},
    {"type": "scope.split", "feature": "gifts", "into": [FEATURE, {**FEATURE, "id": "cards"}]},
    {"type": "scope.estimate", "feature": "gifts", "days": "3", "by": ["fay", "cid"]},
    {"type": "scope.change", "feature": "gifts", "status": "dropped", "reason": "later"},
    {"type": "scope.freeze"},
    {"type": "exception.request", "kind": "scope", "feature": FEATURE, "why": "the law"},
    {"type": "exception.answer", "exception": "x1", "approve": True, "role": "product_manager"},
    {"type": "exception.withdraw", "exception": "x1"},
    {"type": "check.run", "checks": ["ci"]},
    {"type": "check.push", "check": "ci", "finding": {"status": "pass", "at": AT, "finding": "fine"}},
    {"type": "item.sign_off", "item": "tested", "status": "done", "evidence": "https://ci.example.org/1"},
    {"type": "item.un_sign", "item": "tested"},
    {"type": "waive", "subject": "check:ci", "reason": "known", "until": "2026-12-01T00:00:00Z"},
    {"type": "poll.open"},
    {"type": "vote.cast", "request_id": "q", "role": "qa", "choice": "GO", "ballot_id": "b", "conditions": ["tell"]},
    {"type": "vote.withdraw", "role": "qa"},
    {"type": "call", "choice": "postpone", "ballot_id": "b", "reason": "rain"},
    {"type": "override.propose", "codes": ["check.fail:ci"], "reason": "known"},
    {"type": "override.confirm", "override": "o1"},
    {"type": "hold", "text": "wait"},
    {"type": "lift", "hold": "h1", "measurement": "m"},
    {"type": "postpone", "to": "2026-12-03T10:00:00Z"},
    {"type": "candidate", "candidate": {"commit": "c2", "artifacts": {"image": "sha256:" + "a" * 64}}},
    {"type": "widen", "question": "q1", "yes": False, "reason": "no"},
    {"type": "rollback", "reason": "errors"},
    {"type": "rollback.accept", "flag": "gifts", "reason": "gone"},
    {"type": "cancel", "reason": "over"},
)
"""One of every command that needs no plan of its own."""

BALLOT: dict[str, Any] = {"request_id": "q", "role": "qa", "choice": "GO", "ballot_id": "b", "actor": {"id": "cid"}}
NEWS: dict[str, Any] = {
    "flag": "gifts",
    "gone": False,
    "proof": "by hand",
    "reading": {"key": "gifts", "exists": True, "exposure": EXPOSURE, "at": AT},
    "carried_to": "",
}

_HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 10**30, 1.5, 1e308, "", " ", "x" * 5_000, "\x00", "\ud800", "GO", "ann", "..", "😀", [],
    {}, [[]], {"": {}}, [None] * 50, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2026-13-45T99:99:99Z",
    AT, "1e999", "NaN", "Infinity", "-0", "100%", {"audience": "percentage"}, {"type": "tick"}, "gifts", "bob", "3d",
)  # fmt: skip
_RAW: tuple[bytes, ...] = (
    b"", b"{", b"}", b"null", b"NaN", b"-Infinity", b"1e999", b'"', b"\xff\xfe", b"\x00" * 64, b"[" * 20_000,
    b'{"a":' * 20_000, b'{"type":"vote.cast","type":"cancel"}', b'"\\ud800"', b"[" + b"0," * 9_000 + b"0]",
)  # fmt: skip
_ENCODINGS = (b"json/plain",) * 8 + (b"binary/plain", b"binary/null", b"json/protobuf", b"binary/protobuf", b"x", b"")


def _spoilt(given: Any, r: Random) -> Any:
    """`given` with one place spoilt, at any depth."""
    if isinstance(given, dict) and given and r.random() < 0.85:
        made, key = dict(given), r.choice(list(given))
        how = r.random()
        if how < 0.15:
            del made[key]
        elif how < 0.25:
            made[r.choice(("extra", "", key + "_", "__class__"))] = r.choice(_HOSTILE)
        else:
            made[key] = _spoilt(given[key], r)
        return made
    if isinstance(given, list) and given and r.random() < 0.7:
        at = r.randrange(len(given))
        return [*given[:at], _spoilt(given[at], r), *given[at + 1 :]]
    return r.choice(_HOSTILE)


def payload(given: Any, encoding: bytes = b"json/plain") -> Payload:
    """`given` as it travels."""
    data = given if isinstance(given, bytes) else json.dumps(given).encode()
    return Payload(metadata={"encoding": encoding} if encoding else {}, data=data)


def malformed(good: Any, count: int, seed: int) -> Iterator[Payload]:
    """`count` payloads made from `good`: spoilt in one to three places, cut off, or no JSON at all."""
    r = Random(seed)
    for _ in range(count):
        if r.random() < 0.08:
            made = payload(r.choice(_RAW), r.choice(_ENCODINGS))
        else:
            spoilt = good
            for _ in range(r.choice((1, 1, 1, 2, 3))):
                spoilt = _spoilt(spoilt, r)
            data = json.dumps(spoilt).encode()
            if r.random() < 0.08:
                data = data[: r.randrange(len(data) + 1)]
            if r.random() < 0.05 and data:
                at = r.randrange(len(data))
                data = data[:at] + bytes([r.randrange(256)]) + data[at + 1 :]
            made = payload(data, r.choice(_ENCODINGS) if r.random() < 0.1 else b"json/plain")
        yield made
