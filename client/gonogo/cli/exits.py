"""Exit codes, and the one shape of an error."""

import json
import sys
import traceback

DONE = 0
NO = 1
USAGE = 2
NOT_FOUND = 3
UNREACHABLE = 4
FAULT = 70
INTERRUPTED = 130

EXIT_TABLE = """\
Exit codes: 0 done, or yes; 1 refused, or the answer is no (simulate: the plan ran, and the release did not ship; watch:
it was cancelled or rolled back); 2 a command or a file that cannot be used; 3 there is no such release or flag; 4 the
server or every worker is silent, or none can go on with the release; 70 a bug of gonogo; 130 interrupted.

With --json exactly one JSON value goes to the output (watch: one a line), an error as {"error": {"code", "message",
"details"}}. Who asks: --as PERSON, else GONOGO_ACTOR, else the user of this machine: a local name that nobody proves.
Which server: TEMPORAL_ADDRESS and Temporal's configuration, else the embedded one of `gonogo up`, whose data folder is
GONOGO_HOME, else .gonogo in this folder when there is one, else .gonogo in the user's home."""


class UsageError(Exception):
    """What was asked for cannot be asked for like that."""

    code = "usage"


def report_usage(error: Exception, *, as_json: bool) -> int:
    """The exit code of a command that cannot be read. For people it is printed already."""
    if as_json:
        _print_json("usage", str(error), {})
    return USAGE


def report(error: Exception, *, as_json: bool) -> int:
    """Prints an error, and answers with the exit code that it means."""
    from gonogo.client.errors import ClientError, NotFound, TooLarge, Unreachable
    from gonogo.domain.errors import GonogoError

    code = str(getattr(error, "code", "gonogo.fault"))
    message = str(error)
    details: dict[str, object] = {}
    match error:
        case NotFound():
            exit_code = NOT_FOUND
        case Unreachable():
            exit_code = UNREACHABLE
        case TooLarge():
            exit_code = USAGE
        case GonogoError():
            exit_code = USAGE if code.startswith(("actor.name", "audit.not_a_bundle", "config.", "list.filter")) else NO
        case _ if hasattr(error, "code"):
            exit_code = USAGE
        case _:
            exit_code = _invalid(error)
            if exit_code == FAULT:
                traceback.print_exception(error)
                message = f"{type(error).__name__}: {error}"
            else:
                code, message = "usage", _sentence(error)
    if isinstance(error, ClientError):
        details = dict(error.details)
    if as_json:
        _print_json(code, message, details)
    else:
        print("\n".join(_told(code, message, details)), file=sys.stderr)
    return exit_code


def _told(code: str, message: str, details: dict[str, object]) -> list[str]:
    """An error for people: what is wrong, then each of the conditions that the message ends with on its own line."""
    conditions = str(details["conditions"]).split("\n") if "conditions" in details else []
    what = message.removesuffix(f": {'; '.join(conditions)}")
    if not conditions or what == message:
        return [f"gonogo: {message}  [{code}]"]
    return [f"gonogo: {what}  [{code}]", *(f"  - {condition}" for condition in conditions)]


def _print_json(code: str, message: str, details: dict[str, object]) -> None:
    print(json.dumps({"error": {"code": code, "message": message, "details": details}}, ensure_ascii=False))


def _invalid(error: Exception) -> int:
    from pydantic import ValidationError

    return USAGE if isinstance(error, ValidationError) else FAULT


def _sentence(error: Exception) -> str:
    from pydantic import ValidationError

    from gonogo.client.yaml_sentences import sentence

    assert isinstance(error, ValidationError)
    told = []
    for one in error.errors(include_url=False):
        where = ".".join(str(part) for part in one["loc"])
        told.append(": ".join(filter(None, (where, sentence(dict(one), None, [])))))
    return "; ".join(told)
