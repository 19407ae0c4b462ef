"""The `gen` command: finds the asked command's module, and turns exceptions into messages and exit codes."""

import importlib
import sys
from collections.abc import Sequence

import click

from generator import __version__
from generator.base.characters import visible
from generator.base.errors import GenError

# Command → first line of its help: `gen --help` shows them without importing the commands.
COMMANDS = {
    "check": "Check any folder of manifests, whoever wrote it.",
    "render": "Render the specs into output/.",
    "tools": "List and install the pinned tools and schemas.",
    "validate": "Check the specs; write nothing.",
    "verify": "Check the rendered trees by every tool and every rule.",
}


class _LazyGroup(click.Group):
    """Imports a command's module when the command is used: starting up pays for none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"generator.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from generator.base.nearest import did_you_mean

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = did_you_mean(args[0], COMMANDS) or f"Commands: {', '.join(sorted(COMMANDS))}."
            ctx.fail(f"There is no command '{args[0]}'. {near}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gen")
def cli() -> None:
    """From a short description of a platform to the whole GitOps repository that runs it.

    \b
    Exit codes: 0 ok, 1 problems found, 2 usage or environment.
    """  # noqa: D301  (\b is click's mark for a paragraph that is not rewrapped)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 ok, 1 problems found, 2 usage or environment, 130 interrupted."""
    try:
        code = cli.main(args=list(argv) if argv is not None else None, prog_name="gen", standalone_mode=False)
    except GenError as error:
        click.echo("\n".join(map(visible, str(error).split("\n"))), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted: every tree in output/ is whole, the old one or the new one.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception:  # noqa: BLE001  (the one place where a bug of ours becomes a message; nothing is swallowed)
        import traceback

        click.echo("This is a bug in gen, not a mistake of yours. Please report it with all that follows.", err=True)
        click.echo(traceback.format_exc(), err=True)
        sys.exit(2)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
