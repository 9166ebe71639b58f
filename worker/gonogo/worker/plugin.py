"""`GonogoPlugin`: gonogo in a client and a worker of your own.

client = await Client.connect("temporal.example.org:7233", plugins=[GonogoPlugin()])
await Worker(client, task_queue="gonogo").run()
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter, DefaultPayloadConverter
from temporalio.plugin import SimplePlugin
from temporalio.worker import Worker, WorkerConfig, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from gonogo.activities.registry import Adapters, build
from gonogo.workflows.converter import GonogoPayloadConverter, data_converter

from .bootstrap import HEARD_WITHIN, WORKFLOWS, activities, with_flag_debt, workflow_runner
from .connection import register_search_attributes
from .flag_desk import TemporalFlagDesk
from .settings import Settings, read_settings


class ConverterClash(Exception):
    """The client's data converter cannot carry gonogo's payloads."""

    code = "plugin.converter"


class GonogoPlugin(SimplePlugin):
    """Adds gonogo's data converter to a client, and its workflows and activities to every worker of that client.

    What the client and the worker have of their own stays: a payload codec, workflows, activities, a sandbox's
    pass-throughs. A replayer takes it, too.
    """

    def __init__(self, *, settings: Settings | None = None, adapters: Adapters | None = None) -> None:
        """Makes the plugin.

        Args:
            settings: What it is set up with. Default: read from the environment, now.
            adapters: What a worker talks to the world with. Default: every installed adapter.

        Raises:
            SettingsError: A setting in the environment is not valid.
        """
        super().__init__("gonogo", data_converter=merged_converter, workflows=WORKFLOWS, workflow_runner=merged_runner)
        self._settings = settings or read_settings()
        self._adapters = adapters

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Adds workflows, activities and the sandbox's pass-throughs.

        Raises:
            BrokenAdapter: An installed adapter cannot be loaded or made.
        """
        config = super().configure_worker(config)
        adapters = with_flag_debt(self._adapters or build(self._settings.adapters), config["client"])
        desk = TemporalFlagDesk(config["client"], task_queue=config["task_queue"])
        ours = activities(adapters, desk, trust_local=self._settings.trust_local, simulation=False)
        config["activities"] = [*config.get("activities", ()), *ours]
        theirs = config.get("max_heartbeat_throttle_interval", HEARD_WITHIN)
        config["max_heartbeat_throttle_interval"] = min(theirs, HEARD_WITHIN)
        return config

    async def run_worker(self, worker: Worker, next: Callable[[Worker], Awaitable[None]]) -> None:
        """Registers the search attributes that the namespace lacks, then lets the worker run.

        Raises:
            SearchAttributeClash: One is there with another type, or may not be added by us.
        """
        await register_search_attributes(worker.client)
        await super().run_worker(worker, next)


def merged_converter(theirs: DataConverter | None) -> DataConverter:
    """A converter that carries our values, with what `theirs` has of its own, such as a codec.

    Raises:
        ConverterClash: It cannot be made to carry them.
    """
    if theirs is None:
        return data_converter
    if issubclass(theirs.payload_converter_class, PydanticPayloadConverter):
        return theirs
    if theirs.payload_converter_class is DefaultPayloadConverter:
        return replace(theirs, payload_converter_class=GonogoPayloadConverter)
    raise ConverterClash(
        f"the payload converter {theirs.payload_converter_class.__name__!r} does not carry pydantic values: "
        "derive it from temporalio.contrib.pydantic.PydanticPayloadConverter"
    )


def merged_runner(theirs: WorkflowRunner | None) -> WorkflowRunner:
    """A workflow runner that passes our pure modules through, and what `theirs` passes through."""
    ours = workflow_runner()
    if theirs is None or not isinstance(ours, SandboxedWorkflowRunner):
        return ours
    if not isinstance(theirs, SandboxedWorkflowRunner):
        return theirs  # somebody who runs without a sandbox has chosen to
    passed = ours.restrictions.passthrough_modules
    return replace(theirs, restrictions=theirs.restrictions.with_passthrough_modules(*passed))
