"""Every error of the core, one tree.

    GonogoError
    ├── Refused                 a command that was not carried out; `code` says why, nothing changed
    │   ├── NotInPhase          command.not_in_phase: names the phases in which it is legal
    │   ├── NotEntitled         command.not_entitled: names who may
    │   └── Unmet               several things stand in the way; each of them is named
    └── LedgerBroken            a ledger that does not verify; names the first broken link

A refusal's code is stable: scripts match it. Its message names the value and what to do next.
"""

from collections.abc import Iterable


class GonogoError(Exception):
    """Root of the errors that gonogo raises on purpose."""

    code = "gonogo.error"


class Refused(GonogoError):
    """A command that was not carried out. Nothing changed.

    Attributes:
        code: stable, dotted, such as `vote.unknown_role`.
        message: one sentence for a person.
        details: the values behind it, as text.
    """

    def __init__(self, code: str, message: str, **details: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


class NotInPhase(Refused):
    """The command is not legal in the release's phase. `typed`: what a person types for it, without `gonogo`."""

    def __init__(self, command: str, phase: str, legal: tuple[str, ...], hint: str = "", *, typed: str) -> None:
        where = ", ".join(legal) or "no phase"
        super().__init__(
            "command.not_in_phase",
            f"`gonogo {typed}` is not legal in {phase}; it is in: {where}" + (f" ({hint})" if hint else ""),
            command=command,
            phase=phase,
            legal=where,
        )


class NotEntitled(Refused):
    """The actor may not give this command. `typed`: what a person types for it, without `gonogo`."""

    def __init__(self, command: str, actor: str, who: str, *, typed: str = "") -> None:
        super().__init__(
            "command.not_entitled",
            f"{actor!r} may not `gonogo {typed or command}`; {who} may",
            command=command,
            actor=actor,
            who=who,
        )


class Unmet(Refused):
    """Several things stand in the way. Where there is room, each of them is shown on a line of its own.

    Attributes:
        details: `conditions` has them too, one a line; the message ends with the same, joined by `; `.
    """

    def __init__(self, code: str, what: str, conditions: Iterable[str], **details: str) -> None:
        told = tuple(" ".join(text.split()) for text in conditions)
        super().__init__(code, f"{what}: {'; '.join(told)}", **details, conditions="\n".join(told))


class LedgerBroken(GonogoError):
    """A ledger that does not verify.

    Attributes:
        seq: sequence number of the first broken link, from 1; 0 when it is not a ledger at all.
    """

    code = "ledger.broken"

    def __init__(self, seq: int, message: str) -> None:
        super().__init__(message)
        self.seq = seq
        self.message = message
