"""Reading plan files: positions, plain sentences, and nothing that is unclear gets through."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from gonogo.client.plan_file import PlanFileError, read_plan, read_plan_path, read_policy, read_yaml
from gonogo.client.plan_schema import plan_schema
from gonogo.client.positions import MAX_CHARS
from gonogo.client.templates import TEMPLATES, new_plan
from gonogo.domain.policy import Policy

SMALLEST = """\
product: shop
version: "1.4.0"
roles:
  product_manager: ann
  release_manager: ben
features:
  - id: gift-cards
    title: Gift cards
    flags: [gift-cards]
flags:
  gift-cards: {}
checks:
  tests: {kind: pushed, owner: ben}
checklists:
  ready:
    moment: before_go_no_go
    owner: ben
    items:
      - {id: docs, title: Documentation is ready, owner: ann}
"""

# Each line is shallow; the value of the last one is 2,000 lists deep.
ALIAS_TOWER = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} {'[' * 50}*a{n - 1}{' ]' * 50}\n" for n in range(1, 41))


def refusal(text: str, **options: Any) -> str:
    with pytest.raises(PlanFileError) as error:
        read_plan(text, name="release.yaml", **options)
    return str(error.value)


def with_(more: str) -> str:
    return SMALLEST + more


def test_the_smallest_useful_plan_has_less_than_25_lines() -> None:
    assert SMALLEST.count("\n") < 25
    plan = read_plan(SMALLEST, name="release.yaml")
    assert plan.release_id == "shop/1.4.0"
    assert plan.poll.roles == ("release_manager", "product_manager"), "the plan that is read is normalised"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("stages:\n  - percent: 1\n  - percent: 250\n", "22:14: stages.1.percent: 250 is above 100"),
        ("stages:\n  - {percnt: 1, percent: 3}\n", "21:6: stages.0.percnt: unknown key; did you mean `percent`?"),
        ("stage: []\n", "20:1: stage: unknown key; did you mean `stages`?"),
        ("zzz: 1\n", "20:1: zzz: unknown key; known are candidate, checklists,"),
        ("poll: {lasts: 3}\n", "20:15: poll.lasts: 3 is not a duration: write 90m, 4h, 1d12h or 2w"),
        ("poll: {lasts: 3 days}\n", "20:15: poll.lasts: '3 days' is not a duration"),
        ("poll:\n", "20:1: poll: expected a mapping of names to values, got nothing"),
        ("poll: {roles: ann}\n", "20:15: poll.roles: expected a list, as [one, two], got 'ann'"),
        ("kind: mayor\n", "20:7: kind: 'mayor' is not known here: expected one of major, minor, patch, hotfix; did"),
        ("gonogo: 2\n", "20:9: gonogo: 2 is not known here: expected 1"),
        ("kind: 3\n", "20:7: kind: 3 is not known here: expected one of major"),
        ("title: 1.5\n", '20:8: title: 1.5 is a number here: put it in quotes, as "1.5"'),
        ("title: true\n", '20:8: title: true is a truth value here: put it in quotes, as "true"'),
        ("title:\n", "20:1: title: expected text, got nothing"),
        ("title: [a]\n", "20:8: title: expected text, got a list"),
        ("people: [ann]\n", "20:9: people: expected a mapping of names to values, got a list"),
        ("people: {Ann: {}}\n", "20:10: people.Ann: 'Ann' is not a name: use lower case letters"),
        ("people: {ann: {on_call: perhaps}}\n", "20:25: people.ann.on_call: expected true or false, got 'perhaps'"),
        ("candidate: {}\n", "20:1: candidate.commit: needs a value"),
        ("candidate: {commit: 12e4}\n", '20:21: candidate.commit: 12e4 is a number here: put it in quotes, as "12e4"'),
        ("candidate: {commit: a, artifacts: {x: sha}}\n", "20:39: candidate.artifacts.x: 'sha' is not a digest"),
        ("scope: {freeze_at: tomorrow}\n", "20:20: scope.freeze_at: 'tomorrow' is not an instant: write 2026"),
        ("scope: {freeze_at: 2026-03-05T14:00}\n", "20:20: scope.freeze_at: an instant needs an offset"),
        ("scope: {capacity_days: many}\n", "20:24: scope.capacity_days: expected a number, got 'many'"),
        ("schedule: {max_postponements: 1.5}\n", "20:31: schedule.max_postponements: expected a whole number, got 1.5"),
        ("schedule: {max_postponements: -1}\n", "20:31: schedule.max_postponements: -1 is below 0"),
        ("schedule: {zone: Mars/Base}\n", "20:18: schedule.zone: "),
        ("schedule: {train: {rrule: '', start: 2026-01-01T10:00}}\n", "20:27: schedule.train.rrule: is empty: needs"),
        ("schedule: {train: {rrule: ' ', start: 10}}\n", "20:27: schedule.train.rrule: ' ' is blank: needs some words"),
        ("notifications: {routes: [{events: []}]}\n", "20:35: notifications.routes.0.events: an empty list: needs"),
        ("poll: {roles: []}\n", "20:15: poll.roles: an empty list never means that all approved"),
        ("policy: {required_roles: [qa]}\n", "3:1: roles: the policy requires a GO of the role 'qa'"),
        ('title: "\\ud800"\n', "20:8: title: '\\ud800': input should be a valid string"),
        (f"title: {'x' * 2001}\n", "20:8: title: is longer than 2000 characters"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_its_column_and_what_to_do(more: str, told: str) -> None:
    report = refusal(with_(more)).splitlines()
    assert any(one.startswith(f"release.yaml:{told}") for one in report), report


def test_a_version_that_yaml_reads_as_a_number_must_be_quoted() -> None:
    text = SMALLEST.replace('"1.4.0"', "1.10")
    assert refusal(text) == 'release.yaml:2:10: version: 1.10 is a number here: put it in quotes, as "1.10"'


def test_a_short_form_keeps_the_path_of_the_file() -> None:
    text = SMALLEST.replace("release_manager: ben", "release_manager: [ben, Bea]")
    assert refusal(text).startswith("release.yaml:5:26: roles.release_manager.1: 'Bea' is not a name")


def test_an_item_that_is_wrong_does_not_make_its_list_too_short() -> None:
    text = SMALLEST.replace("owner: ann}", "owner: Ann}")
    assert len(refusal(text).splitlines()) == 1


def test_everything_wrong_is_told_in_the_order_of_the_file() -> None:
    report = refusal(with_("poll: {roles: [qa], min: 0s}\nstages: []\n")).splitlines()
    assert [one.split(":")[1] for one in report] == ["20", "20", "21"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1:1: the file is empty"),
        ("# only a comment\n", "1:1: the file is empty"),
        ("- a\n", "1:1: expected a mapping of names to values, got a list"),
        ("shop\n", "1:1: expected a mapping of names to values, got 'shop'"),
        ("~\n", "1:1: expected a mapping of names to values, got nothing"),
        ("a: 1\nb: 2\na: 3\n", "3:1: a: the key 'a' stands here twice, first in line 1"),
        ("a:\n  b: 1\n  b: 2\n", "3:3: a.b: the key 'b' stands here twice, first in line 2"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here: one file is one plan"),
        ("a:\n\t- 1\n", "2:1: a tab cannot indent YAML: use spaces"),
        ("a: [1, 2\n", "2:1: a ',' or ']' is missing before this, as the '[' of line 1, column 4, is still open"),
        ("a: {b: c\nd: 1\n", "2:2: a ',' or '}' is missing before this, as the '{' of line 1, column 4, is still open"),
        ("a: {b: c: d}\n", "1:9: a ',' or '}' is missing before this, as the '{' of line 1, column 4, is still"),
        ("a: ['it's', b]\n", "1:9: a ',' or ']' is missing before this, as the '[' of line 1, column 4, is still"),
        ("a: [1,, 2]\n", "1:7: a value is missing before this ',', or quotes around a text that begins with it"),
        ("a: ]\n", "1:4: a value is missing before this ']', or quotes around a text that begins with it"),
        ("a: 1\nb:2\nc: 3\n", "3:1: a space is missing behind the ':' of a key in line 2"),
        ("a:b\nc: 1\n", "2:2: a space is missing behind the ':' of a key in line 1"),
        ("a: * x\n", "1:4: text that begins with * needs quotes"),
        ('a: "it\\\'s"\n', "1:8: \\' means nothing in double quotes: write \\\\ for a backslash, or use single quotes"),
        ("a: b: c\n", "1:5: a ':' that fits no key: put a text with ': ' in it in quotes, or mend the indentation"),
        ("a: *x\n", "1:4: no anchor &x stands before *x: text that begins with * needs quotes"),
        ("a: @x\n", "1:4: a value cannot begin with '@': put it in quotes"),
        ('a: 1\nb: "c\nd: 1\n', "2:4: a quote that opens here is never closed"),
        ("a: 'it's'\n", "1:8: text after a value that is complete: mend its quotes, or the indentation"),
        ("a:\n  - b\n - c\n", "3:2: this does not fit with the lines before it: mend the indentation"),
        ("a: 1\nkey\nb: 1\n", "2:1: a key without a ':' after it"),
        ('a: "\\q"\n', "1:6: \\q means nothing in double quotes: write \\\\ for a backslash, or use single quotes"),
        ("a: |x\n", "1:5: expected chomping or indentation indicators, but found 'x' while scanning a block scalar"),
        ("a: 1\nb: \x00\n", "2:4: a character that YAML does not allow"),
        ("a: &x [*x]\n", "1:4: a.0: an alias contains itself"),
        ("a: !!python/name:os.system x\n", "1:4: a: the tag '!!python/name:os.system' is not supported"),
        ("a: !mine {b: 1}\n", "1:4: a: the tag '!mine' is not supported"),
        ("a: !mine [1]\n", "1:4: a: the tag '!mine' is not supported"),
        ("a: {1: 2}\n", "1:5: a: a key must be text: write it in quotes"),
        ("[1]: 2\n", "1:1: a key must be text: write it in quotes"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", "2:5: c: merge keys are not supported: write the keys out"),
        (f"a: {'9' * 5000}\n", "1:4: a: a number of more than 40 digits"),
        (f"a: {'[' * 5000}\n", "1:1: the file is nested too deep"),
        ("a: \"\\Uffffffff\"\n", "1:1: an escape names no character"),
        (ALIAS_TOWER, "1:1: the file is nested too deep"),
        (f"a: {'[' * 150}{']' * 150}\n", "1:1: "),
        (f"# {'x' * MAX_CHARS}\n", "1:1: the file has 1,048,579 characters, and 1,048,576 is the most"),
    ],
)  # fmt: skip
def test_what_is_no_plain_yaml_mapping_is_refused_with_its_place(text: str, told: str) -> None:
    assert refusal(text).startswith(f"release.yaml:{told}")


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    assert "more than 100,000 values once aliases are expanded" in refusal(bomb)


def test_an_alias_is_the_value_that_it_names() -> None:
    text = SMALLEST.replace("owner: ben}", "owner: &who ben}").replace("owner: ann}", "owner: *who}")
    assert read_plan(text, name="x").checklists["ready"].items[0].owner == "ben"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("0x1F", 31), ("-0o17", -15), ("1_000", 1000), ("010", 10), ("-3", -3), ("true", True), ("off", "off"),
     ("2026-03-05T14:00:00+02:00", "2026-03-05T14:00:00+02:00"), ("2026-03-05", "2026-03-05"), ("10:30", "10:30"),
     (".5", 0.5), ("-.inf", float("-inf")), ("~", None)],
)  # fmt: skip
def test_scalars_are_read_as_yaml_1_2_says_and_dates_stay_text(written: str, meant: object) -> None:
    adapter: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
    data, positions = read_yaml(f"a: {written}\n", "x", adapter)
    assert data == {"a": meant}
    assert type(data["a"]) is type(meant)
    assert positions.of_value(("a",)) == (1, 4)
    assert positions.of_key(("a", "gone")) == (1, 1)


def test_a_text_from_the_file_adds_no_line_to_the_report() -> None:
    assert len(refusal(with_('"x\\ny": 1\n')).splitlines()) == 1


# --- policy --------------------------------------------------------------------------------------------------------


def test_a_plan_that_says_nothing_about_policy_is_under_the_floor() -> None:
    floor = read_policy("strict_duties: true\nmin_quorum: 1\n", "policy.yaml")
    assert read_plan(SMALLEST, name="x", floor=floor).policy == floor
    stricter = read_plan(with_("policy: {second_person_override: true}\n"), name="x", floor=floor).policy
    assert stricter.strict_duties, "what a plan leaves out is the floor's"


def test_a_plan_cannot_weaken_the_floor() -> None:
    told = refusal(with_("policy:\n  strict_duties: false\n"), floor=Policy(strict_duties=True))
    assert told == (
        "release.yaml:21:18: policy.strict_duties: weaker than the organisation's policy: must be true"
    )  # fmt: skip
    assert "policy: expected a mapping" in refusal(with_("policy:\n"), floor=Policy(strict_duties=True))


def test_a_policy_file_is_checked_too() -> None:
    with pytest.raises(
        PlanFileError, match=r"policy.yaml:1:1: strict_dutys: unknown key; did you mean `strict_duties`\?"
    ):
        read_policy("strict_dutys: true\n", "policy.yaml")


# --- files ---------------------------------------------------------------------------------------------------------


def test_a_plan_is_read_from_its_path_under_a_policy_from_its_path(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("\ufeff" + SMALLEST, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text("strict_duties: true\n")
    assert read_plan_path(tmp_path / "plan.yaml").product == "shop"
    assert read_plan_path(tmp_path / "plan.yaml", tmp_path / "policy.yaml").policy.strict_duties


def test_a_file_that_cannot_be_read_is_told_by_its_path_as_it_was_given(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match=r"^/.*/gone\.yaml: cannot be read: No such file"):
        read_plan_path(tmp_path / "gone.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"product: shop\ntitle: Gr\xfc\xdfe\n")
    with pytest.raises(PlanFileError, match=r"^/.*/latin\.yaml:2:10: the byte 0xfc is not UTF-8"):
        read_plan_path(tmp_path / "latin.yaml")


# --- the JSON schema -----------------------------------------------------------------------------------------------


def checked(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_schema_describes_every_field() -> None:
    schema = plan_schema()
    bare = [
        (name, field)
        for name, definition in [("Plan", schema), *schema["$defs"].items()]
        for form in [definition, *definition.get("anyOf", ())]
        for field, described in form.get("properties", {}).items()
        if not described.get("description")
    ]
    assert bare == []
    assert (schema["title"], "$id" in schema) == ("gonogo release plan", False)


def test_the_schema_takes_sound_plans_and_refuses_others(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(plan_schema()))
    assert checked("--check-metaschema", schema).returncode == 0
    good = [tmp_path / "smallest.yaml"]
    good[0].write_text(with_("stages: [{percent: 1, question: Wider?}, {segments: [a]}, {audience: everyone}]\n"))
    for template in TEMPLATES:
        good.append(tmp_path / f"{template}.yaml")
        good[-1].write_text(new_plan(template, product="shop", version="1.10"))
    report = checked("--schemafile", schema, *good)
    assert report.returncode == 0, report.stdout
    bad = tmp_path / "bad.yaml"
    without_roles = SMALLEST.replace("  product_manager: ann\n  release_manager: ben\n", "  qa: []\n")
    for text in (
        with_("stages: [{bake: 1h}]\n"),
        with_("stages: [{percent: 250}]\n"),
        with_("stage: []\n"),
        without_roles,
    ):
        bad.write_text(text)
        assert checked("--schemafile", schema, bad).returncode == 1, text
