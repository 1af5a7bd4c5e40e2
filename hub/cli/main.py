"""The `hub` command: one file per subcommand, imported only when it is asked for."""

import importlib
import sys

import typer

from cases.errors import HubError

#: command → (module, what `hub --help` says). The order is the order of a newcomer's day.
#: A module offers `app` (a Typer with subcommands) or `command` (one function).
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


def _placeholder() -> None:
    """Stand in the list of commands for one that was not asked for."""


def build(requested: str | None) -> typer.Typer:
    """Return the application; only the requested command's module is imported, so that `hub --help` is instant."""
    app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

    @app.callback()
    def root() -> None:
        """Onewindow Hub (一窗通): one window takes every department's matter.

        Example: hub demo
        """

    for name, (module_name, text) in COMMANDS.items():
        if name != requested:
            app.command(name, help=text)(_placeholder)
            continue
        module = importlib.import_module(module_name)
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, help=text)
        else:
            app.command(name)(module.command)
    return app


def main() -> None:
    """Run one command; errors the hub can name become plain sentences on stderr and exit code 1."""
    requested = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), None)
    try:
        build(requested)(prog_name="hub")
    except HubError as error:
        typer.echo(f"hub: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
