"""The lock file: complete, pinned by hash, and the same wherever the packages come from."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

PINS = re.findall(r"^(\S+)==(\S+)((?:.*\\\n)(?:\s+--hash=\S+(?: \\)?\n)*)", LOCK, re.MULTILINE)
VERSIONS = {canonicalize_name(name): version for name, version, _ in PINS}
WANTED = [
    *PROJECT["build-system"]["requires"],
    *PROJECT["project"]["dependencies"],
    *(line for extra in PROJECT["project"]["optional-dependencies"].values() for line in extra),
    *PROJECT["dependency-groups"]["dev"],
]


def test_the_lock_names_no_host() -> None:
    assert re.findall(r".*(?:://|index-url|find-links|trusted-host).*", LOCK) == []


def test_every_line_of_the_lock_is_a_pin_a_hash_or_a_comment() -> None:
    other = [line for line in LOCK.splitlines() if not re.match(r"\s*#|\S+==\S+|\s+--hash=sha256:[0-9a-f]{64}", line)]
    assert other == []


def test_every_pinned_package_has_a_hash() -> None:
    assert len(PINS) == len(re.findall(r"^\S+==", LOCK, re.MULTILINE)) > 50
    assert [name for name, _, rest in PINS if "--hash=sha256:" not in rest] == []


@pytest.mark.parametrize("line", WANTED)
def test_what_pyproject_asks_for_is_in_the_lock(line: str) -> None:
    wanted = Requirement(line)
    version = VERSIONS.get(canonicalize_name(wanted.name))
    assert version is not None, f"{wanted.name!r} is not in requirements.lock: run make lock"
    assert wanted.specifier.contains(version, prereleases=True), f"{wanted} but {version} is locked: run make lock"


def test_uv_is_pinned_in_one_place() -> None:
    places = ("pyproject.toml", "Makefile", "Dockerfile", ".ci/run", "docker-compose.yml")
    found = [place for place in places if re.search(r"\buv\s*==\s*\d", (ROOT / place).read_text())]
    assert found == ["pyproject.toml"]


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml"])
def test_a_lock_that_names_hosts_is_never_committed(name: str) -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert name in ignored
    tracked = subprocess.run(
        ["git", "ls-files", name], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert tracked.stdout == ""
