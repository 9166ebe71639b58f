"""A plan as it travels: what it says, without what every plan says.

A value that is the schema's default is left out, so that a payload shows what is particular to a release, at a third of
the size; an open release's worker keeps several copies of it. So a default is part of the format: one that has been
released never changes within `gonogo: 1`. A ledger, whose readers may know no default, spells a plan out.
"""

from typing import Annotated, Any

from pydantic import PlainSerializer, TypeAdapter

from .plan import Plan

_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)


def _brief(plan: Plan) -> dict[str, Any]:
    given: dict[str, Any] = _PLAN.dump_python(plan, mode="json", exclude_defaults=True)
    return given


TravellingPlan = Annotated[Plan, PlainSerializer(_brief, when_used="json")]
"""A plan in a payload, without its defaults; a plan that is spelt out is read as well."""
