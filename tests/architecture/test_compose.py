"""The container set-up, checked without an engine: schema, lint, and the promises that neither of them knows."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe", pure=True).load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
ONE_SHOT = {"temporal-schema", "temporal-namespace"}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_compose_file_is_valid_by_the_compose_schema() -> None:
    done = run(SCRIPTS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_passes_its_linter() -> None:
    done = run(SCRIPTS / "hadolint", "Dockerfile")
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_secret_has_a_default() -> None:
    secrets = re.findall(r"(?:PASSWORD|PWD|SECRET|TOKEN|KEY)\w*: *(.+)", TEXT)
    assert secrets
    assert {secret for secret in secrets if not re.fullmatch(r"\$\{\w+:\?[^}]+\}", secret)} == set()


def test_the_example_of_the_environment_names_every_variable_and_no_value() -> None:
    lines = [line for line in (ROOT / ".env.example").read_text().splitlines() if line and not line.startswith("#")]
    assert {line.split("=", 1)[1] for line in lines} == {""}
    assert {line.split("=")[0] for line in lines} == set(re.findall(r"(?<!\$)\$\{(\w+)", TEXT))
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("service", SERVICES)
def test_every_image_is_pinned_to_a_version(service: str) -> None:
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+[\w.-]*", SERVICES[service]["image"])


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_comes_back_by_itself(service: str) -> None:
    restart = SERVICES[service]["restart"]
    assert restart.startswith("on-failure:") if service in ONE_SHOT else restart == "unless-stopped"


@pytest.mark.parametrize("service", sorted(set(SERVICES) - ONE_SHOT))
def test_every_lasting_service_has_a_health_check(service: str) -> None:
    built = "build" in SERVICES[service] and "\nHEALTHCHECK " in (ROOT / "Dockerfile").read_text()
    assert built or "test" in SERVICES[service]["healthcheck"]


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"postgresql"}))
def test_every_service_waits_until_what_it_needs_is_ready(service: str) -> None:
    for needed, how in SERVICES[service]["depends_on"].items():
        wanted = "service_completed_successfully" if needed in ONE_SHOT else "service_healthy"
        assert how == {"condition": wanted}


def test_every_port_is_bound_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_data_lives_in_named_volumes() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


def test_server_and_ui_are_the_versions_that_the_tests_run_against() -> None:
    found = re.search(r"Server ([\d.]+), UI ([\d.]+)", run(SCRIPTS / "temporal", "--version").stdout)
    assert found
    images = {service["image"] for service in SERVICES.values()}
    wanted = {
        f"temporalio/server:{found[1]}",
        f"temporalio/admin-tools:{found[1]}",
        f"temporalio/ui:{found[2]}",
    }
    assert {image for image in images if image.startswith("temporalio/")} == wanted


def test_the_container_runs_without_root_under_a_fixed_id() -> None:
    last_stage = (ROOT / "Dockerfile").read_text().split("\nFROM ")[-1]
    assert re.findall(r"^USER (.+)$", last_stage, re.MULTILINE) == ["10001:10001"]
    assert last_stage.index("\nUSER ") < last_stage.index("\nENTRYPOINT ")


def test_the_container_installs_only_what_the_lock_names() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    installs = re.findall(r"pip install[^&\n]*", dockerfile)
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--build-constraints requirements.lock" in line for line in installs)
