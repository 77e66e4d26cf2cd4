"""The tree of commands, and how a failure becomes a sentence and an exit code."""

from __future__ import annotations

import typer

from . import access, data, operate, serve, up, upgrade
from .failures import told

app = typer.Typer(
    name="fidelia",
    help="Fidelia: customer data, segments, mailings, market and loyalty on one set of data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command("up")(up.up)
app.command("serve")(serve.serve)
app.command("upgrade")(upgrade.upgrade)
app.command("status")(operate.status)
app.command("restart")(operate.restart)
app.command("check")(operate.check)
app.command("rebuild")(operate.rebuild)
app.command("demo")(data.demo)
app.command("import")(data.import_file)
app.add_typer(access.users, name="user")
app.add_typer(access.tokens, name="token")


@app.callback(invoke_without_command=True)
def root(version: bool = typer.Option(False, "--version", help="Print the version")) -> None:
    """Answer ``--version``."""
    if version:
        from fidelia import __version__

        print(__version__)
        raise typer.Exit


def run() -> None:
    """Run a command; every expected failure is one sentence on standard error and exit code 1."""
    with told():
        app()
