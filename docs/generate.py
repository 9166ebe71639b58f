"""Writes the pages of this folder that are made from the code: python docs/generate.py."""

import sys
from pathlib import Path

from pages import cli, client, events, kinds, people, plan, settings

FOLDER = Path(__file__).parent
_MADE = "<!-- Made by docs/generate.py: change the docstrings in the code instead. -->\n\n"
_TEXTS = {
    "plan.md": plan.text,
    "people.md": people.text,
    "events.md": events.text,
    "cli.md": cli.text,
    "client.md": client.text,
    "settings.md": settings.text,
    "kinds.md": kinds.text,
}


def pages() -> dict[str, str]:
    """File name -> text, for every page that is made from the code."""
    return {name: _MADE + text().rstrip() + "\n" for name, text in _TEXTS.items()}


if __name__ == "__main__":
    for page, text in pages().items():
        (FOLDER / page).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/{page}\n")
