"""The command line: `./motcua COMMAND`. One module per group of commands; this one mounts them."""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path

import typer

from cli import (
    catalogue,
    channels,
    comparing,
    dev,
    doctor,
    dossiers,
    evaluate,
    feedback,
    gaps,
    helpdesk,
    importing,
    person,
    simulate,
    sms,
    understand,
)
from cli import curves as curves_of_confidence
from cli.bootstrap import say
from cli.database import migrate
from cli.training import TrainingFailed, ensure_model
from cli.up import up


class HeldOut(Enum):
    """What `evaluate --held-out` leaves out of the learning."""

    AUTHOR = "author"
    THEME = "theme"


app = typer.Typer(
    help="Motcua: chatbot and status notifier of the land registration office.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(up)
app.command("import")(importing.import_exports)
app.add_typer(sms.app, name="sms")
app.add_typer(dossiers.app, name="dossiers")
app.command("simulate")(simulate.simulate)
app.add_typer(person.app, name="person")
app.add_typer(channels.app, name="channels")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(gaps.app, name="gaps")
app.add_typer(helpdesk.app, name="desk")
app.command("feedback")(feedback.feedback)
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
    own: bool = typer.Option(False, "--own", help="Measure on the project's own set."),
    folder: Path | None = typer.Option(
        None,
        "--set",
        exists=True,
        file_okay=False,
        help="Measure on the set in this folder (data/evaluation/readers).",
    ),
    held_out: HeldOut | None = typer.Option(
        None, help="Learn anew without each author or theme of data/nlu, and score these lines."
    ),
    share: float = typer.Option(
        1.0, min=0.01, max=1.0, help="With --held-out: learn from this share of the other lines."
    ),
) -> None:
    """Score the understanding on labelled messages that it was not trained on."""
    if held_out is not None:
        evaluate.run_held_out(held_out.value, share=share, json_output=json_output)
        return
    _train()
    evaluate.run(json_output=json_output, own=own, folder=folder)


@app.command("evaluate-compare")
def compare_understanding(
    candidate: list[str] = typer.Option(list(comparing.LABELS), help="Pipelines to compare."),
    fold: list[str] = typer.Option(
        None, help="Authors to leave out, and `nobody` for the measuring set; all if not given."
    ),
    lines: int = typer.Option(comparing.Conditions.lines, help="Lines to train on; 0: all."),
    longest: int = typer.Option(comparing.Conditions.longest, help="Words of such a line; 0: any."),
    tested: int = typer.Option(comparing.Conditions.tested, help="Lines to read of an author."),
    curves: bool = typer.Option(False, help="Plot what confidences are worth, and thresholds."),
    json_output: bool = typer.Option(False, "--json", help="Print the figures as JSON."),
) -> None:
    """Compare the understanding with other pipelines; hours where DIET is among them."""
    folds = fold or [*comparing.authors(), comparing.NOBODY]
    conditions = comparing.Conditions(lines, longest, tested)
    if curves:
        curves_of_confidence.plot(folds, conditions)
    else:
        comparing.run(candidate, folds, conditions, as_json=json_output)


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
