"""The lock on a data folder: one `gonogo up` at a time, and never two servers on one database.

It is an flock, and every process of `gonogo up` inherits its descriptor: so it is held as long as any of them lives,
whoever is killed first, and the kernel drops it with the last one. A lock file with an id in it could not do that.
"""

import fcntl
import os
from pathlib import Path


class FolderHeld(Exception):
    """Another process holds the data folder."""

    code = "up.folder_held"


class FolderLock:
    """A lock on a data folder that this process holds."""

    def __init__(self, folder: Path) -> None:
        """Takes the lock, and makes the folder when there is none.

        Args:
            folder: The data folder.

        Raises:
            FolderHeld: A process holds it already.
            OSError: The folder cannot be made or written to.
        """
        # Plans and ledgers name people: other users of this machine have no business in it.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise FolderHeld(f"the data folder {str(folder)!r} is held by another process") from None
        except OSError:
            os.close(self._descriptor)
            raise

    @property
    def descriptor(self) -> int:
        """The descriptor to hand down to every process that works in the folder."""
        return self._descriptor

    def release(self) -> None:
        """Gives up this process's share: the lock is free when every process that inherited it has ended, too."""
        os.close(self._descriptor)


def held(folder: Path) -> bool:
    """Whether some process holds `folder`. Looks only: nothing is made, and the lock stays free when it was."""
    try:
        descriptor = os.open(folder / "up.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared: two that look at once do not see each other.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
