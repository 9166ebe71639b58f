"""Less of what the SDK does again and again, and keeps for good, for every workflow that a worker holds.

- To ask what a payload belongs to, it enters the sandbox up to seven times for one activity. Those questions are the
  SDK's to itself, and no code of a workflow answers them: they are put to the instance within.
- Each entry into the sandbox is spelt as source, which Python compiles anew. It is compiled once.
- A workflow's first activation stays for as long as the workflow does, its input decoded three times over: two empty
  parts of it are held, and each holds the whole. Both are copied.

The first two were more than a tenth of what a worker did in Python, the last a tenth of what it keeps for a release. Of
what is not public in the SDK nothing is relied on: where it is not found, all is as the SDK does it.
"""

from collections.abc import Coroutine
from dataclasses import replace
from functools import lru_cache
from types import CodeType
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.worker import ExecuteWorkflowInput, WorkflowInboundInterceptor, WorkflowInstanceDetails


def without_first_activation(details: WorkflowInstanceDetails) -> WorkflowInstanceDetails:
    """The same details, which do not keep the activation that they were read from."""
    result = Payloads()
    result.CopyFrom(details.last_completion_result)
    interceptors = [*details.interceptor_classes, _OwnHeaders]
    return replace(details, last_completion_result=result, interceptor_classes=interceptors)


class _OwnHeaders(WorkflowInboundInterceptor):
    def execute_workflow(self, input: ExecuteWorkflowInput) -> Coroutine[Any, Any, Any]:
        """Runs it. No coroutine of its own: it would be kept as long as the workflow."""
        input.headers = dict(input.headers)
        return self.next.execute_workflow(input)


def within(sandbox: Any) -> Any:
    """The SDK's own instance within its sandbox, or the sandbox where the SDK keeps it elsewhere."""
    return getattr(sandbox, "globals_and_locals", {}).get("__temporal_in_sandbox", sandbox)


def compile_once(sandbox: Any) -> None:
    """Has a sandbox run code that is compiled already; a sandbox of another making is left as it is."""
    run = getattr(sandbox, "_run_code", None)
    if run is not None:
        sandbox._run_code = lambda code, **names: run(_compiled(code), **names)


@lru_cache(maxsize=16)
def _compiled(code: str) -> CodeType:
    return compile(code, "<sandbox>", "exec")
