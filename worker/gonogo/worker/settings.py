"""The worker's settings: read once from the environment, where the program starts, and never again."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from gonogo.activities.registry import AdapterSettings
from gonogo.client.home import home
from gonogo.domain.values import Id
from gonogo.workflows.messages import TASK_QUEUE

_PREFIX = "GONOGO_"


class SettingsError(Exception):
    """A setting in the environment is not valid."""

    code = "settings.invalid"


class Settings(BaseSettings):
    """What the environment says. The connection to Temporal is not here: its own variables say that (`TEMPORAL_*`)."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    home: Path
    """`GONOGO_HOME`: the data folder. Default: `.gonogo` in the current folder when there is one, else in your home."""
    task_queue: Id = TASK_QUEUE
    """`GONOGO_TASK_QUEUE`: the task queue that the worker serves. Default: gonogo."""
    trust: Literal["none", "local"] = "none"
    """`GONOGO_TRUST`: whether local names count as proof of who somebody is. Default: none. `gonogo up` uses local."""
    log: Literal["console", "json"] = "console"
    """`GONOGO_LOG`: the form of log lines. Default: console."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """`GONOGO_LOG_LEVEL`: the least severe level that is logged. Default: info."""
    stop_after: Annotated[int, Field(ge=1, le=3600)] = 20
    """`GONOGO_STOP_AFTER`: seconds that activities have to end when the worker is told to stop. Default: 20."""
    _env: Mapping[str, str] = PrivateAttr(default_factory=lambda: dict(os.environ))

    @property
    def env(self) -> Mapping[str, str]:
        """The whole environment, for adapters, whose secrets are references into it: so it is never printed."""
        return self._env

    @property
    def adapters(self) -> AdapterSettings:
        """What every adapter is made with."""
        return AdapterSettings(folder=self.home, env=self._env)

    @property
    def trust_local(self) -> bool:
        """True: local names count as proof."""
        return self.trust == "local"


def read_settings() -> Settings:
    """The settings that the environment gives.

    Raises:
        SettingsError: One is not valid; the message names the variable, its value and what it can be.
    """
    try:
        return Settings(home=home())
    except ValidationError as invalid:
        raise SettingsError("; ".join(_sentence(error) for error in invalid.errors())) from None


def _sentence(error: Any) -> str:
    name = f"{_PREFIX}{str(error['loc'][0]).upper()}"
    return f"{name} is {error['input']!r}: {error['msg'][0].lower()}{error['msg'][1:]}"
