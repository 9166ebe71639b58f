"""Files that commands read and write besides plans."""

from pathlib import Path

from .exits import UsageError


class FileMissing(UsageError):
    """A file was named, and there is none."""

    code = "file.missing"


class FileExists(UsageError):
    """A file would be overwritten."""

    code = "file.exists"


class FileUnwritable(UsageError):
    """A file cannot be written."""

    code = "file.unwritable"


def refuse_existing(out: Path, hint: str) -> None:
    """Refuses to write where something is already.

    Raises:
        FileExists: There is.
    """
    if out.exists():
        raise FileExists(f"{out} exists: {hint}")


def write(out: Path, text: str) -> None:
    """Writes a file.

    Raises:
        FileUnwritable: It cannot be written.
    """
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileUnwritable(f"{out} cannot be written: {error.strerror or error}") from error


def named_file(subject: str) -> bool:
    """True for a file, False for what can only be a release.

    Raises:
        FileMissing: It is the name of a file, and there is no such file.
    """
    path = Path(subject)
    if path.is_file():
        return True
    if path.suffix == ".json" or path.is_absolute() or subject.startswith((".", "~")) or subject.count("/") != 1:
        if path.is_dir():
            raise FileMissing(f"{subject} is a folder: name a file that `gonogo audit export` wrote, or a release")
        raise FileMissing(f"there is no file {subject}; a release is named PRODUCT/VERSION")
    return False
