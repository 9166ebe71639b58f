"""`GonogoPlugin` makes anybody's client and worker speak gonogo, and leaves what they have of their own."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import CompositePayloadConverter, DataConverter, JSONPlainPayloadConverter, PayloadCodec
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from gonogo.domain.commands import PlaceHold
from gonogo.domain.plan import Plan
from gonogo.domain.plan_defaults import normalise
from gonogo.domain.values import Actor
from gonogo.worker.plugin import ConverterClash, GonogoPlugin, merged_converter, merged_runner
from gonogo.worker.settings import Settings
from gonogo.workflows.converter import GonogoPayloadConverter, data_converter
from gonogo.workflows.messages import Launch, Request
from gonogo.workflows.release import ReleaseWorkflow

PLAN = normalise(
    TypeAdapter(Plan).validate_python(
        {
            "product": "plug",
            "version": "1.0",
            "roles": {"product_manager": "ann", "release_manager": "bob", "qa": "cid"},
            "features": [{"id": "gifts", "title": "Gift cards", "no_flag": "a library", "owner": "ann"}],
            "checks": {"ci": {"kind": "pushed", "owner": "qa"}, "live": {"kind": "pushed", "owner": "qa"}},
        }
    )
)


class Reversed(PayloadCodec):
    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload(metadata={"encoding": b"reversed"}, data=p.SerializeToString()[::-1]) for p in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [Payload.FromString(p.data[::-1]) if p.metadata["encoding"] == b"reversed" else p for p in payloads]


class Plain(CompositePayloadConverter):
    def __init__(self) -> None:
        super().__init__(JSONPlainPayloadConverter())


@workflow.defn(sandboxed=False)
class Theirs:
    @workflow.run
    async def run(self) -> str:
        return "theirs"


async def test_a_release_runs_on_a_worker_that_has_nothing_but_the_plugin(server: Client, tmp_path: Path) -> None:
    space = f"plugin-{tmp_path.name}"
    request = RegisterNamespaceRequest(namespace=space)
    request.workflow_execution_retention_period.FromTimedelta(timedelta(days=1))
    await server.workflow_service.register_namespace(request)
    plugin = GonogoPlugin(settings=Settings(home=tmp_path, trust="local"))
    client = await Client.connect(
        server.service_client.config.target_host,
        namespace=space,
        plugins=[plugin],
        data_converter=DataConverter(payload_codec=Reversed()),
    )
    async with Worker(client, task_queue="gonogo", workflows=[Theirs]):
        assert await client.execute_workflow(Theirs.run, id="theirs", task_queue="gonogo") == "theirs"
        launch = Launch(plan=PLAN, actor=Actor(id="ann"))
        handle = await client.start_workflow(ReleaseWorkflow.run, launch, id="release/plug/1.0", task_queue="gonogo")
        async with asyncio.timeout(20):
            while True:  # the worker says first what it lets the release do
                if (await handle.query(ReleaseWorkflow.ledger, 0)).seq:
                    break
                await asyncio.sleep(0.05)
        hold = Request(request_id="1", actor=Actor(id="cid"), command=PlaceHold(text="wait"))
        assert (await handle.execute_update(ReleaseWorkflow.act, hold)).accepted
        history = await handle.fetch_history()
    await Replayer(
        workflows=[], plugins=[plugin], data_converter=DataConverter(payload_codec=Reversed())
    ).replay_workflow(history)


def test_a_converter_of_their_own_stays_when_it_carries_pydantic_values() -> None:
    assert merged_converter(None) is data_converter
    codec = Reversed()
    made = merged_converter(DataConverter(payload_codec=codec))
    assert (made.payload_codec, made.payload_converter_class) == (codec, GonogoPayloadConverter)
    own = replace(pydantic_data_converter, payload_codec=codec)
    assert merged_converter(own) is own


def test_a_converter_that_cannot_carry_our_values_is_refused() -> None:
    with pytest.raises(ConverterClash, match="'Plain' does not carry pydantic values: derive it from"):
        merged_converter(DataConverter(payload_converter_class=Plain))


def test_pass_throughs_of_their_own_stay() -> None:
    theirs = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules("their_module"))
    merged = merged_runner(theirs)
    assert isinstance(merged, SandboxedWorkflowRunner)
    assert _missing({"their_module", "gonogo.domain"}, merged.restrictions.passthrough_modules) == set()
    unsandboxed = UnsandboxedWorkflowRunner()
    assert merged_runner(unsandboxed) is unsandboxed
    assert isinstance(merged_runner(None), SandboxedWorkflowRunner)


def _missing(wanted: Iterable[str], there: Iterable[str]) -> set[str]:
    return set(wanted) - set(there)
