"""Flag provider `file`: flags in an OpenFeature/flagd flag definition file, one file for each environment.

Whatever reads such files (flagd, the OpenFeature providers, a job that ships the file elsewhere) sees a change at once
and whole: a file is replaced, never written into. Beside `production.flagd.json` stand `production.flagd.json.lock`,
which orders writers of several processes, and `production.flagd.json.fences`, which keeps each flag's newest fence, so
that an older write stays refused after somebody edited, reverted or removed the flag by hand.
"""

import asyncio
import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gonogo.activities.registry import AdapterSettings
from gonogo.domain.facts import Fence, Fencing, Finding, FlagReading, FlagTarget, Status, WriteResult, WriteStatus
from gonogo.domain.values import Exposure

from .answers import measured, one_line
from .errors import FlagFileError
from .flagd_rules import canonical, definition, fence_of, in_force, recorded

_SCHEMA = "https://flagd.dev/schema/v0/flags.json"


class FlagFile:
    """Reads and changes flags in `{root}/{environment}.flagd.json`."""

    fencing = Fencing.FENCED
    """An older fence is refused, under a lock, whoever writes."""

    def __init__(self, root: Path, *, create_missing: bool = True, lock_wait: timedelta = timedelta(seconds=5)) -> None:
        """Takes the folder of the files.

        Args:
            root: Where the files stand.
            create_missing: True: the first write of a flag makes it, and its file. False: it must be there before.
                A flag that was written once and then removed is gone either way, and is never made again.
            lock_wait: How long a write waits for another process. Default: 5 s.
        """
        self._root = root
        self._create = create_missing
        self._lock_wait = lock_wait
        # With the lock in hand a write takes milliseconds; 5 s are for a slow disk.
        self.longest_write = lock_wait + timedelta(seconds=5)

    @classmethod
    def from_settings(cls, settings: AdapterSettings) -> "FlagFile":
        """Uses `flags/` in the settings' folder, or the folder that GONOGO_FLAGS_DIR names."""
        return cls(Path(settings.env.get("GONOGO_FLAGS_DIR") or settings.folder / "flags"))

    def path(self, environment: str) -> Path:
        """The file of `environment`."""
        return self._root / f"{environment}.flagd.json"

    async def read(self, target: FlagTarget, *, at: datetime) -> FlagReading:
        """What is in force now; a flag that is not in the file, or a file that is not there yet, does not exist.

        Raises:
            FlagFileError: the file cannot be read or makes no sense.
        """
        return await asyncio.to_thread(self._read, target)

    async def write(self, target: FlagTarget, wanted: Exposure, fence: Fence, *, key: str, at: datetime) -> WriteResult:
        """Makes `wanted` the flag's exposure unless a newer fence was there, and reads it back.

        Raises:
            FlagFileError: the file cannot be read or written, makes no sense, or is locked for too long.
        """
        return await asyncio.to_thread(self._write, target, wanted, fence)

    async def references(self, target: FlagTarget, *, at: datetime) -> Finding:
        """Passes when the file is there and the flag is not in it."""
        return await asyncio.to_thread(self._references, target)

    def _read(self, target: FlagTarget) -> FlagReading:
        path = _real(self.path(target.environment))
        flag = _flags(_load(path), path).get(target.key)
        return FlagReading(
            key=target.key,
            exists=flag is not None,
            exposure=None if flag is None else in_force(flag),
            fence=_newest(flag, _fences(path).get(target.key)),
            at=datetime.now(UTC),
        )

    def _references(self, target: FlagTarget) -> Finding:
        path = _real(self.path(target.environment))
        try:
            document = _load(path)
            there = target.key in _flags(document, path)
            status = Status.UNCLEAR if document is None else Status.FAIL if there else Status.PASS
            text = (
                f"there is no file {path.name}" if document is None else f"{'still' if there else 'not'} in {path.name}"
            )
        except FlagFileError as unreadable:
            status, text = Status.UNCLEAR, str(unreadable)
        return measured(status, text)

    def _write(self, target: FlagTarget, wanted: Exposure, fence: Fence) -> WriteResult:
        path = _real(self.path(target.environment))
        with _locked(path, self._lock_wait, create=self._create):
            document, fences = _load(path), _fences(path)
            flags = _flags(document, path)
            flag, known = flags.get(target.key), fences.get(target.key)
            newest = _newest(flag, known)
            now = None if flag is None else in_force(flag)
            outcome = _Outcome(target.key, fence, before=now, after=now)
            if newest is not None and newest.order > fence.order:
                return outcome.ended(WriteStatus.STALE, f"a newer write was there: {newest.epoch}/{newest.sequence}")
            if flag is None and (known is not None or not self._create):
                return outcome.ended(WriteStatus.GONE, f"{target.key!r} is not in {path.name}")
            if flag is not None and newest is not None and newest.order == fence.order:
                return self._again(outcome, flag, wanted)
            made = definition(flag, wanted, fence)
            if made is None:
                return outcome.ended(WriteStatus.FAILED, f"{target.key!r} needs two variants, one true and one false")
            document = {"$schema": _SCHEMA} if document is None else document
            _replace(path, {**document, "flags": {**flags, target.key: made}})
            fences[target.key] = fence
            _replace(_beside(path, "fences"), {k: [f.epoch, f.sequence] for k, f in fences.items()})
            back = _flags(_load(path), path).get(target.key)
            after = None if back is None else in_force(back)
            outcome = _Outcome(target.key, fence, before=now, after=after)
            if after != wanted:
                return outcome.ended(
                    WriteStatus.FAILED, "the file does not say what was written: something else writes it"
                )
            return outcome.ended(WriteStatus.WRITTEN)

    def _again(self, outcome: "_Outcome", flag: Mapping[str, Any], wanted: Exposure) -> WriteResult:
        """The same fence a second time: nothing is written, and the truth is told.

        Writing once more could undo what somebody did by hand since, such as switching the flag off in an emergency.
        """
        if fence_of(flag) == outcome.fence and recorded(flag) != canonical(wanted):
            return outcome.ended(WriteStatus.STALE, f"this fence already wrote another exposure: {recorded(flag)}")
        if outcome.after != wanted:
            return outcome.ended(WriteStatus.FAILED, "it was written, and somebody changed the flag by hand since")
        return outcome.ended(WriteStatus.WRITTEN)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A write in the making: all of its result but how it ended."""

    key: str
    fence: Fence
    before: Exposure | None
    after: Exposure | None

    def ended(self, status: WriteStatus, detail: str = "") -> WriteResult:
        return WriteResult(
            key=self.key,
            status=status,
            before=self.before,
            after=self.after,
            fence=self.fence,
            at=datetime.now(UTC),
            detail=one_line(detail),
        )


def _newest(flag: Mapping[str, Any] | None, known: Fence | None) -> Fence | None:
    given = [fence for fence in (fence_of(flag) if flag else None, known) if fence is not None]
    return max(given, key=lambda fence: fence.order, default=None)


# --- files ---------------------------------------------------------------------------------------------------------


def _real(path: Path) -> Path:
    # Replacing a symbolic link would cut it off from the file that others read.
    return path.resolve()


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands there twice")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _load(path: Path) -> dict[str, Any] | None:
    """The document at `path`; None when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as unreadable:
        raise FlagFileError(f"{path} cannot be read: {unreadable}") from None
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as malformed:
        said = "it is empty" if not text.strip() else str(malformed)
        raise FlagFileError(f"{path} is no flag definition file: {said}") from None
    if not isinstance(document, dict):
        raise FlagFileError(f"{path} is no flag definition file: write an object with `flags`")
    return document


def _flags(document: dict[str, Any] | None, path: Path) -> dict[str, dict[str, Any]]:
    if document is None:
        return {}
    flags = document.get("flags")
    if not isinstance(flags, dict):
        raise FlagFileError(f"{path} is no flag definition file: `flags` must be an object")
    for key, flag in flags.items():
        if not isinstance(flag, dict):
            raise FlagFileError(f"{path}: flags.{key} must be an object")
    return flags


def _fences(path: Path) -> dict[str, Fence]:
    beside = _beside(path, "fences")
    try:
        return {key: Fence(epoch=epoch, sequence=seq) for key, (epoch, seq) in (_load(beside) or {}).items()}
    except (TypeError, ValueError):
        # Guessing a fence could let an old write land.
        raise FlagFileError(f"{beside} is damaged: restore it, or remove it while no release runs") from None


@contextmanager
def _locked(path: Path, wait: timedelta, *, create: bool) -> Iterator[None]:
    """Holds the lock of `path`; with `create` its folder is made first."""
    lock = _beside(path, "lock")
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as refused:
        raise FlagFileError(f"{lock} cannot be made: {refused.strerror}") from None
    try:
        # In a thread, so it may block; bounded, so that a write that was given up is over after `longest_write`.
        until = time.monotonic() + wait.total_seconds()
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise FlagFileError(
                        f"{path} is locked by another process since {wait.total_seconds():g} s"
                    ) from None
                time.sleep(0.005)
        yield
    finally:
        os.close(fd)


def _replace(path: Path, document: Mapping[str, Any]) -> None:
    """Puts `document` at `path` in one step that survives a power cut, keeping the file's permissions."""
    made: str | None = None
    try:
        try:
            mode = path.stat().st_mode & 0o777
        except FileNotFoundError:
            mode = 0o644
        fd, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2, ensure_ascii=False, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), mode)
        os.replace(made, path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as refused:
        if made is not None:
            with suppress(FileNotFoundError):
                os.unlink(made)
        raise FlagFileError(f"{path} cannot be written: {refused.strerror}") from None
