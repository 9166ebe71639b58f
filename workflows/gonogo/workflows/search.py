"""The search attributes of gonogo's workflows; the worker registers them. Four are enough: each upsert is an event."""

from temporalio.common import SearchAttributeKey

PRODUCT = SearchAttributeKey.for_keyword("GonogoProduct")
"""The product."""
PHASE = SearchAttributeKey.for_keyword("GonogoPhase")
"""Where a release or a flag stands in its life."""
OUTCOME = SearchAttributeKey.for_keyword("GonogoOutcome")
"""How a release ended; absent while it is open."""
EXPOSURE = SearchAttributeKey.for_int("GonogoExposure")
"""Widest exposure of the release's flags, in percent."""

ALL = (PRODUCT, PHASE, OUTCOME, EXPOSURE)
"""All of them."""
