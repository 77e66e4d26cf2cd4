"""The command line. Heavy modules are imported inside commands, so that ``--help`` is quick."""

from __future__ import annotations


def main() -> None:
    """Run the command that the arguments name; leaves with 0, 1 (failed) or 2 (wrong usage)."""
    from .app import run

    run()
