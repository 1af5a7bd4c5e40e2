"""The `hub` command: one file per subcommand, loaded only when it is asked for."""

import importlib
import sys
from typing import Any

import click
import typer
from typer.core import TyperGroup

#: command → (module, what `hub --help` says). The order is the order of a newcomer's day.
COMMANDS = {
    "demo": ("hub.cli.demo", "Show the main job on real protocols, on this machine."),
    "run": ("hub.cli.run", "Start the hub."),
    "doctor": ("hub.cli.doctor", "Check this installation; every finding with its remedy."),
    "config": ("hub.cli.config", "Check configuration files."),
    "item": ("hub.cli.item", "The catalogue of service items."),
    "route": ("hub.cli.route", "Which department takes a case, and why."),
    "case": ("hub.cli.case", "Submit and look at cases of a running hub."),
    "connector": ("hub.cli.connector", "Department packs: lint, test, try, list, simulate."),
    "key": ("hub.cli.key", "Bearer keys of portals, departments and operators."),
    "schema": ("hub.cli.schema", "JSON Schemas and the OpenAPI document."),
}


class LazyGroup(TyperGroup):
    """Lists every command without importing it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in their own order."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one command that is asked for."""
        if cmd_name not in COMMANDS:
            return None
        app: typer.Typer = importlib.import_module(COMMANDS[cmd_name][0]).app
        command = typer.main.get_command(app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the list from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    format_help = click.Group.format_help


app = typer.Typer(cls=LazyGroup, add_completion=False, no_args_is_help=True)


@app.callback()
def root() -> None:
    """Onewindow Hub (一窗通): one window takes every department's matter.

    Example: hub demo
    """


def main(arguments: list[str] | None = None) -> Any:
    """Run one command; errors the hub can name become one plain sentence and exit code 1."""
    from cases.errors import HubError

    try:
        return app(arguments)
    except HubError as error:
        print(f"hub: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
