"""The four import roots make one namespace, at run time and in a built wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IMPORT_ROOTS = ("workflows", "activities", "worker", "client")
PACKAGES = sorted(init.parent for root in IMPORT_ROOTS for init in (ROOT / root / "gonogo").glob("*/__init__.py"))


def test_every_import_root_has_a_package() -> None:
    assert {package.relative_to(ROOT).parts[0] for package in PACKAGES} == set(IMPORT_ROOTS)


@pytest.mark.parametrize("root", IMPORT_ROOTS)
def test_no_init_file_stands_in_the_namespace_itself(root: str) -> None:
    # One would hide the other roots at run time, while mypy still succeeds.
    assert not (ROOT / root / "gonogo" / "__init__.py").exists()
    assert not (ROOT / root / "__init__.py").exists()


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_package_is_marked_as_typed(package: Path) -> None:
    assert (package / "py.typed").is_file()


def test_no_code_stands_outside_a_package() -> None:
    stray = [file for root in IMPORT_ROOTS for file in (ROOT / root).rglob("*.py") if file.relative_to(ROOT).parts[2:3]]
    assert [
        file for file in stray if not (ROOT.joinpath(*file.relative_to(ROOT).parts[:3]) / "py.typed").exists()
    ] == []


def test_the_wheel_holds_every_module_of_the_four_roots(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        file.relative_to(ROOT / root).as_posix()
        for root in IMPORT_ROOTS
        for file in (ROOT / root).rglob("*")
        if file.suffix == ".py" or file.name == "py.typed"
    }
    assert wanted - names == set()
    assert not any(name.startswith(IMPORT_ROOTS) or name.endswith(".toml") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
