"""`ReleaseClient`: launch, steer, read and follow releases."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter
from temporalio.client import Client, WorkflowUpdateFailedError

from gonogo.domain.commands import HumanCommand
from gonogo.domain.errors import Refused as DomainRefused
from gonogo.domain.events import Entry
from gonogo.domain.evolve import fold
from gonogo.domain.flag_events import FlagEntry
from gonogo.domain.flag_views import FlagView
from gonogo.domain.ledger import Ledger
from gonogo.domain.plan import Plan
from gonogo.domain.rights import require_legal
from gonogo.domain.state import State
from gonogo.domain.values import Actor
from gonogo.domain.views import StatusView, VerdictView, WhyView
from gonogo.workflows.flag_messages import FlagAnswer
from gonogo.workflows.messages import TASK_QUEUE, Answer, Request
from gonogo.workflows.release import ReleaseWorkflow

from .calling import ONE_TRY, Patience, refusal, update_id
from .commanding import Commands, new_id
from .connect import configured_queue, connect
from .errors import ClientError, NotFound, Refused, TooLarge, Unreachable
from .flags import find_flags, kill, read_flag, read_flags, read_history, with_flags_now
from .history import Run, read_runs
from .launching import Launched, launch
from .listing import ReleaseRow, list_releases, with_standing
from .reading import ask, found, handle_of, read_ledger, refuse_stuck
from .watching import watch

LARGEST = 64 * 1024
"""Bytes of the largest request that is sent. More passes the server, and then no worker can take it."""

_READINGS = 10


class ReleaseClient(Commands):
    """A typed client for releases, on behalf of one actor.

    Every call outlasts a restart of server or worker, up to its patience, with one request id: what was asked once is
    done once.
    """

    def __init__(
        self, client: Client, *, actor: Actor, task_queue: str = TASK_QUEUE, patience: Patience | None = None
    ) -> None:
        """Uses `client`, which needs the pydantic data converter.

        Args:
            client: A connection.
            actor: Who asks.
            task_queue: Where launched releases run.
            patience: How long a call is tried again. Default: 2 minutes.
        """
        self._client = client
        self._actor = actor
        self._task_queue = task_queue
        self._patience = patience or Patience()

    @classmethod
    async def connect(
        cls,
        *,
        actor: Actor,
        address: str | None = None,
        task_queue: str | None = None,
        patience: Patience | None = None,
        wait: bool = False,
    ) -> "ReleaseClient":
        """A client on a connection of its own; see `gonogo.client.connect` for which server.

        Args:
            actor: Who asks.
            address: `host:port`. Default: as Temporal's environment configuration says, else the embedded server.
            task_queue: Where launched releases run. Default: `GONOGO_TASK_QUEUE`, else gonogo.
            patience: How long a call is tried again. Default: 2 minutes.
            wait: True: a server that is not there is waited for, too, for as long. Default: False.

        Raises:
            Unreachable: nobody answers there.
            ClientError: `config.invalid`: Temporal's environment configuration cannot be used.
        """
        patience = patience or Patience()
        client = await connect(actor, address=address, patience=patience if wait else None)
        return cls(client, actor=actor, task_queue=task_queue or configured_queue(), patience=patience)

    @property
    def temporal(self) -> Client:
        """The connection."""
        return self._client

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self._actor

    # --- releases --------------------------------------------------------------------------------------------------

    async def launch(self, plan: Plan) -> Launched:
        """Launches a release. The same plan again is the same release, so a pipeline may simply repeat it.

        Args:
            plan: As a plan file gives it, normalised: `gonogo.client.read_plan_path`.

        Raises:
            PlanDiffers: an open release of this id has another plan.
            ReleaseClosed: the id is used up.
            Refused: the release refused to begin.
            Unreachable: no server, or no worker that takes it up.
        """
        _refuse_large(plan, "plan")
        return await launch(self._client, plan, self._actor, task_queue=self._task_queue, patience=self._patience)

    async def list(
        self,
        *,
        product: str | None = None,
        phase: str | None = None,
        outcome: str | None = None,
        standing: bool = False,
    ) -> "tuple[ReleaseRow, ...]":
        """Releases, newest first; a list can lag behind by a moment.

        Args:
            product: Of this product only.
            phase: In this phase only.
            outcome: With this outcome only.
            standing: Also ask the newest 50 open ones what they wait for, the newest 20 closed ones how they ended,
                and all of them who launched and manages them: one query each, and a worker must run. Default: no.
        """
        rows = await list_releases(self._client, self._patience, product=product, phase=phase, outcome=outcome)
        return await with_standing(rows, self._status_soon) if standing else rows

    async def _status_soon(self, release_id: str) -> StatusView:
        """The status, from a worker that answers soon: a list waits for none."""
        now = datetime.now(UTC)
        soon = Patience(ONE_TRY)
        return await ask(
            self._client, release_id, lambda h, t: h.query(ReleaseWorkflow.status, now, rpc_timeout=t), soon
        )

    async def act(self, release_id: str, command: HumanCommand, *, request_id: str | None = None) -> Answer:
        """Gives `command` to a release.

        Args:
            release_id: `<product>/<version>`.
            command: What is asked.
            request_id: The same again is the same request. Default: a new one.

        Returns:
            What was decided. `accepted=False`: recorded as refused on its merits, and counted for nothing.

        Raises:
            Refused: nothing changed; `code` says why.
            NotFound: there is no such release.
            TooLarge: more than 64 KiB; it was not sent.
            Stuck: no worker can go on with the release.
            Unreachable: nobody answers. Whether it was done is not known: ask again with the same request id.
        """
        request = Request(request_id=request_id or new_id(), actor=self._actor, command=command)
        _refuse_large(request, command.type)
        handle = handle_of(self._client, release_id)
        try:
            return await found(
                release_id,
                lambda: handle.execute_update(ReleaseWorkflow.act, request, id=update_id(request), rpc_timeout=ONE_TRY),
                self._patience,
            )
        except WorkflowUpdateFailedError as error:
            raise refusal(error) from error
        except Unreachable as silent:
            if silent.code == "worker.silent":
                # There may be workers, and none that can take this release up.
                await refuse_stuck(handle, release_id)
            raise
        except NotFound:
            # The server says of a closed release, too, that there is none to ask.
            await self._refuse_closed(release_id, command)
            raise

    async def _refuse_closed(self, release_id: str, command: HumanCommand) -> None:
        state = await self.get(release_id)
        try:
            require_legal(state, command)
        except DomainRefused as error:
            raise Refused(error.code, error.message, error.details) from error

    # --- reading ---------------------------------------------------------------------------------------------------

    async def ledger(self, release_id: str) -> Ledger:
        """A release's ledger, verified."""
        return await read_ledger(self._client, release_id, self._patience)

    async def get(self, release_id: str) -> State:
        """A release's state, folded here from its ledger."""
        return fold((await self.ledger(release_id)).entries())

    async def status(self, release_id: str, *, at: datetime | None = None) -> StatusView:
        """Where a release stands, and of a closed one also where its flags are now, as far as they answer.

        Args:
            release_id: `<product>/<version>`.
            at: For what only time changes, such as a check that ages; its flags are not asked then. Default: now.
        """
        now = at or datetime.now(UTC)
        view = await ask(
            self._client,
            release_id,
            lambda h, t: h.query(ReleaseWorkflow.status, now, rpc_timeout=t),
            self._patience,
        )
        if at is not None or not view.outcome:
            return view
        return await with_flags_now(self._client, view, Patience(ONE_TRY), at=now)

    async def why(self, release_id: str, *, at: datetime | None = None) -> WhyView:
        """Why a release does not move: everything that it waits for, and what happens next by itself."""
        now = at or datetime.now(UTC)
        return await ask(
            self._client, release_id, lambda h, t: h.query(ReleaseWorkflow.why, now, rpc_timeout=t), self._patience
        )

    async def verdict(self, release_id: str, *, at: datetime | None = None) -> VerdictView:
        """GO, NO_GO or UNCLEAR, with every reason."""
        now = at or datetime.now(UTC)
        return await ask(
            self._client,
            release_id,
            lambda h, t: h.query(ReleaseWorkflow.verdict, now, rpc_timeout=t),
            self._patience,
        )

    def watch(self, release_id: str, *, after: int = 0) -> AsyncIterator[Entry]:
        """Entries behind place `after`, as they are made, until the release closes; adds nothing to its history."""
        return watch(self._client, release_id, after=after, patience=self._patience)

    # --- flags beyond one release ----------------------------------------------------------------------------------

    async def flags(self, *, product: str | None = None) -> "tuple[FlagView, ...]":
        """The flags that live, each with whom it exposes, who answers for it and when it should be gone."""
        return await read_flags(self._client, self._patience, product=product, at=datetime.now(UTC))

    async def find_flags(self, *, product: str | None = None, gone: bool = False) -> "tuple[str, ...]":
        """Ids, `<product>/<environment>/<key>`, of the flags that live; with `gone`, of those that are gone, too."""
        return await find_flags(self._client, self._patience, product=product, gone=gone)

    async def flag(self, flag: str) -> FlagView:
        """One flag, living or gone.

        Args:
            flag: `<product>/<environment>/<key>`.

        Raises:
            NotFound: there is no such flag.
        """
        return await read_flag(self._client, flag, self._patience, at=datetime.now(UTC))

    async def flag_history(self, flag: str) -> tuple[FlagEntry, ...]:
        """Everything that happened to a flag, oldest first, from its own ledger, verified.

        Args:
            flag: `<product>/<environment>/<key>`.

        Raises:
            NotFound: there is no such flag.
            AuditFailed: the ledger does not verify.
        """
        return await read_history(self._client, flag, self._patience)

    async def kill_flag(self, flag: str, *, reason: str, request_id: str | None = None) -> FlagAnswer:
        """Takes a flag back to who saw it before its release, at once, in any window and under any hold.

        Args:
            flag: `<product>/<environment>/<key>`.
            reason: Why.
            request_id: The same again is the same request. Default: a new one.

        Raises:
            NotFound: there is no such flag, or it is gone.
            Refused: the actor may not.
        """
        return await kill(
            self._client, flag, self._actor, self._patience, reason=reason, request_id=request_id or new_id()
        )

    async def history(self, release_id: str) -> tuple[Run, ...]:
        """The histories of all its runs, first to newest."""
        return await read_runs(self._client, release_id, self._patience)

    async def record(self, release_id: str) -> tuple[Ledger, tuple[Run, ...]]:
        """Its ledger, and the histories that lead to just this ledger.

        Raises:
            ClientError: `release.busy`: it writes faster than it can be read.
        """
        ledger = await self.ledger(release_id)
        for _ in range(_READINGS):
            runs = await self.history(release_id)
            before, ledger = ledger, await self.ledger(release_id)
            if ledger.link == before.link:
                return ledger, runs
        raise ClientError("release.busy", f"{release_id} writes faster than it can be read: try again in a moment")


def _refuse_large(given: Any, what: str) -> None:
    size = len(TypeAdapter(type(given)).dump_json(given))
    if size > LARGEST:
        raise TooLarge(
            "request.too_large",
            f"the {what} is {size:,} bytes, and the limit is {LARGEST:,}: link to what is long instead of sending it",
            {"bytes": str(size), "limit": str(LARGEST)},
        )
