"""Templates load without problems and carry the standard lists; a copied plan keeps only what stays true."""

from dataclasses import replace
from datetime import timedelta
from importlib import resources

import pytest

from gonogo.client.plan_file import read_plan
from gonogo.client.templates import TEMPLATES, Template, new_from, new_plan
from gonogo.domain.plan import ListMoment, Plan
from gonogo.domain.plan_defaults import plan_digest
from gonogo.domain.plan_rules import problems

NO_HOTFIX: list[Template] = ["major", "minor"]


def made(template: Template, version: str = "1.10") -> Plan:
    return read_plan(new_plan(template, product="shop", version=version), name=f"{template}.yaml")


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_loads_without_problems(template: Template) -> None:
    plan = made(template)
    assert (plan.product, plan.version, plan.kind) == ("shop", "1.10", template)
    assert problems(plan) == ()


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_has_a_list_for_each_moment_and_an_owner_for_each_item(template: Template) -> None:
    plan = made(template)
    assert {listed.moment for listed in plan.checklists.values()} == set(ListMoment)
    assert all(item.owner for listed in plan.checklists.values() for item in listed.items)
    assert plan.checklists["go_to_market"].owner == "product_manager"
    assert any(check.kind == "deployed" for check in plan.checks.values())


@pytest.mark.parametrize("template", NO_HOTFIX)
def test_flag_debt_gates_the_freeze_of_every_release_but_a_hotfix(template: Template) -> None:
    assert made(template).checks["flag_debt"].moment == "freeze"
    assert "flag_debt" not in made("hotfix").checks


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_names_its_schema_and_its_comments_fit_the_screen(template: Template) -> None:
    text = new_plan(template, product="shop", version="1.10")
    assert text.startswith("# yaml-language-server: $schema=")
    assert max(map(len, text.splitlines())) <= 124


def test_what_is_commented_out_in_a_template_is_sound_too() -> None:
    text = new_plan("minor", product="shop", version="1.10")
    for start in (
        "# candidate",
        "# release_manager: {",
        "# freeze_at",
        "# guards:",
        "#   - id",
        "#     ",
        "# chat:",
        "# - {events",
    ):
        text = text.replace(start, start.removeprefix("# ") if not start.startswith("#  ") else " " + start[2:])
    text = text.replace("  release_manager: ben ", "  # release_manager: ben ")
    plan = read_plan(text, name="minor.yaml")
    assert plan.roles["release_manager"].rotation
    assert plan.scope.freeze_at
    assert plan.stages[2].guards[0].min_samples == 10
    assert plan.notifications.channels["chat"].params["secret"] == "env:CHAT_SECRET"
    assert len(plan.notifications.routes) == 2


def test_an_unknown_template_and_an_invalid_name_are_refused() -> None:
    with pytest.raises(ValueError, match="'mini' is no template: choose one of major, minor, hotfix"):
        new_plan("mini", product="shop", version="1")  # type: ignore[arg-type]  # what a command line may hand over
    for product, version in (("My Shop", "1"), ('shop"\nkind: hotfix\nx: "', "1"), ("shop", "1 0"), ("shop", "")):
        with pytest.raises(ValueError, match="pattern"):
            new_plan("minor", product=product, version=version)


def test_the_templates_are_in_the_package() -> None:
    folder = resources.files("gonogo.client") / "templates"
    assert {file.name for file in folder.iterdir()} >= {f"{template}.yaml" for template in TEMPLATES}


# --- from an earlier release ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_plan_from_an_earlier_one_keeps_the_people_and_the_lists(template: Template) -> None:
    old = made(template)
    new = read_plan(new_from(old, "1.20"), name="next.yaml")
    assert new.version == "1.20"
    assert (new.roles, new.checks, new.checklists) == (old.roles, old.checks, old.checklists)
    assert (new.stages, new.notifications, new.policy) == (old.stages, old.notifications, old.policy)
    assert (new.features, new.flags, new.candidate, new.title) == ((), {}, None, "")
    assert plan_digest(new) != plan_digest(old)


def test_a_plan_from_an_earlier_one_drops_its_dates_and_says_which() -> None:
    dates = "  slot: 2026-06-02T08:00:00Z\n  starts: 2026-04-01T00:00:00Z\n  not_before: 2026-05-01T00:00:00Z\n"
    text = new_plan("major", product="shop", version="2.0.0").replace("schedule:\n", f"schedule:\n{dates}", 1)
    text = text.replace("id: what_ships,", "id: what_ships, due_at: 2026-05-30T00:00:00Z,").replace(
        "whom, due: 14d", "whom"
    )
    old = read_plan(text, name="x")
    written = new_from(old, "3.0.0")
    assert "#   schedule.slot: 2026-06-02T08:00:00.000000Z\n" in written
    assert "#   checklists.go_to_market, item what_ships, due_at: 2026-05-30T00:00:00.000000Z\n" in written
    new = read_plan(written, name="y")
    assert (new.schedule.slot, new.schedule.starts, new.schedule.not_before) == (None, None, None)
    assert not any(item.due_at for listed in new.checklists.values() for item in listed.items)


def test_a_role_that_is_added_to_a_copied_plan_votes() -> None:
    written = new_from(made("minor"), "1.20").replace("roles:\n", "roles:\n  security: sera\n", 1)
    assert "security" in (read_plan(written, name="x").poll.roles or ())


def test_a_poll_that_asked_only_some_roles_still_does() -> None:
    old = made("minor")
    some = replace(old, poll=replace(old.poll, roles=("release_manager", "qa"), min=timedelta(hours=2)))
    assert read_plan(new_from(some, "1.20"), name="x").poll == some.poll
