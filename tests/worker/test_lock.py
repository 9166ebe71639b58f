"""The data folder's lock lives as long as any process that inherited it, and processes are never mistaken."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gonogo.client.home import ProcessRecord
from gonogo.worker.lock import FolderHeld, FolderLock, held
from gonogo.worker.processes import alive, end, record_of, send, wait_gone

WAITS = [sys.executable, "-c", "import sys; sys.stdin.read()"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); sys.stdin.read()",
]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(WAITS, stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def test_a_folder_is_held_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert not held(folder)
    lock = FolderLock(folder)
    assert held(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(FolderHeld, match="is held by another process"):
        FolderLock(folder)
    lock.release()
    assert not held(folder)
    FolderLock(folder).release()


def test_the_lock_outlives_whoever_took_it_for_as_long_as_a_process_that_inherited_it(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    process = subprocess.Popen(WAITS, stdin=subprocess.PIPE, pass_fds=(lock.descriptor,))
    lock.release()
    assert held(tmp_path)
    process.kill()
    process.communicate()
    assert not held(tmp_path)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        FolderLock(tmp_path / "file")


def test_a_process_is_known_by_its_birth_and_not_by_its_id_alone(child: subprocess.Popen[bytes]) -> None:
    known = record_of(child.pid)
    assert alive(known)
    other = ProcessRecord(pid=child.pid, birth="another boot:1")
    assert not alive(other)
    send(other, signal.SIGKILL)
    assert end(other, grace=1)
    assert child.poll() is None, "a process with a recycled id was killed"


def test_a_process_that_ended_is_not_alive_even_before_its_parent_looks(child: subprocess.Popen[bytes]) -> None:
    known = record_of(child.pid)
    child.kill()
    assert wait_gone(known, 5)
    with pytest.raises(ProcessLookupError):
        record_of(child.pid)


def test_a_process_that_does_not_want_to_end_is_made_to(tmp_path: Path) -> None:
    with subprocess.Popen(STUBBORN, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert not wait_gone(record_of(process.pid), 0.05)
        assert end(record_of(process.pid), grace=0.1)
        assert process.wait() == -signal.SIGKILL
