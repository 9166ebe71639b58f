"""The core as a world for the driver: the same as in the tests of the simulation."""

import importlib.util
import sys
from pathlib import Path

_FILE = Path(__file__).parents[1] / "simulate" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("simulate_conftest", _FILE)
assert _SPEC is not None
assert _SPEC.loader is not None
_MODULE = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _MODULE
_SPEC.loader.exec_module(_MODULE)

core_world = _MODULE.core_world
