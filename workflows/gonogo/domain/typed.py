"""What a person types for each command: nobody who reads a refusal knows how a command is called inside."""

from . import commands as c
from .terms import FeatureStatus

_TYPED = {
    "scope.add": "scope add",
    "scope.split": "scope split",
    "scope.estimate": "scope estimate",
    "scope.freeze": "scope freeze",
    "exception.request": "exception request",
    "exception.withdraw": "exception withdraw",
    "check.run": "check run",
    "check.push": "check push",
    "item.sign_off": "sign-off",
    "item.un_sign": "un-sign",
    "poll.open": "poll open",
    "vote.cast": "vote",
    "vote.withdraw": "withdraw",
    "override.propose": "override",
    "override.confirm": "override --confirm",
    "rollback.accept": "rollback --accept",
}
"""Command -> its words on the command line, where they differ from its name."""

_CHANGES = {FeatureStatus.DROPPED: "drop", FeatureStatus.DEFERRED: "defer", FeatureStatus.DELAYED: "delay"}


def typed(command: c.HumanCommand) -> str:
    """What stands behind `gonogo` where this command is typed."""
    match command:
        case c.ChangeFeature(status=status):
            return f"scope {_CHANGES.get(status, 'progress')}"
        case c.AnswerException(approve=approve):
            return f"exception {'approve' if approve else 'reject'}"
        case _:
            return _TYPED.get(command.type, command.type)
