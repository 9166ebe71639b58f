"""What a release tells the flags' own workflows: derived from its entries, delivered at least once."""

from typing import Literal

from .facts import Fence
from .plan import FlagKind, RetireBy
from .values import Exposure, FlagKey, Id, Instant, Text, value


@value
class FlagNote:
    """One thing that a release tells a flag's own workflow."""

    key: Text
    """`release/<seq>/<flag>`: the same again is the same note."""
    kind: Literal["announced", "written", "let_go", "shipped", "carried", "waived", "cycle"]
    """announced: a release lists it; written: who sees it changed; let_go: the release gives it back; shipped: its life
    begins; carried: the release has closed and it lives on; waived: until `until`; cycle: a release that is no hotfix
    completed."""
    release_id: Text
    """`<product>/<version>`."""
    product: Id
    """The product."""
    flag: FlagKey
    """The flag."""
    environment: Id
    """The environment."""
    provider: Id
    """Name of the flag adapter."""
    at: Instant
    """When."""
    owner: Id | None = None
    """announced, shipped: who answers for it."""
    people: tuple[Id, ...] = ()
    """announced, shipped: the people behind the owner, who may kill it."""
    flag_kind: FlagKind | None = None
    """announced, shipped: what it is for."""
    retire_by: RetireBy | None = None
    """shipped: when it should be gone."""
    exposure: Exposure | None = None
    """written: who sees it now."""
    original: Exposure | None = None
    """announced, written: who saw it before the release; what `kill` restores."""
    fence: Fence | None = None
    """written: the write's fence."""
    until: Instant | None = None
    """waived: until when."""
