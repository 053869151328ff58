"""The command line: `./motcua COMMAND`. One module per group of commands; this one mounts them."""

from __future__ import annotations

import sys

import typer

from cli import (
    catalogue,
    channels,
    dev,
    doctor,
    evaluate,
    importing,
    person,
    sms,
    understand,
)
from cli.bootstrap import say
from cli.database import migrate
from cli.training import TrainingFailed, ensure_model
from cli.up import up

app = typer.Typer(
    help="Motcua: chatbot and status notifier of the land registration office.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(up)
app.command("import")(importing.import_exports)
app.add_typer(sms.app, name="sms")
app.add_typer(person.app, name="person")
app.add_typer(channels.app, name="channels")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(dev.app, name="dev")
app.command("doctor")(doctor.doctor)


@app.command("understand")
def understand_lines() -> None:
    """Read JSON lines {"text": …} from standard input and write what the bot understands."""
    _train()
    sys.exit(understand.run(sys.stdin, sys.stdout))


@app.command("evaluate")
def evaluate_understanding(
    json_output: bool = typer.Option(False, "--json", help="Print the figures as JSON."),
) -> None:
    """Score the understanding on labelled messages that it was not trained on."""
    _train()
    evaluate.run(json_output=json_output)


@app.command()
def train() -> None:
    """Train the model, if what it is made from has changed."""
    say("trained" if _train() else "the model is up to date")


@app.command("migrate")
def migrate_database() -> None:
    """Bring the database to the newest schema."""
    migrate()


@app.command("setup")
def setup() -> None:
    """Set up both environments (with --dev: also what tests need), and nothing else."""
    # Done before this module was reached; see cli/bootstrap.py. Here for --help.


def _train() -> bool:
    try:
        return ensure_model(say)
    except TrainingFailed as error:
        say(str(error))
        raise typer.Exit(1) from None
