"""Commands about questionnaires: `pilot survey …`."""

from __future__ import annotations

import typer

survey = typer.Typer(
    name="survey",
    help="问卷：题目、预览、检查 · questionnaires: items, preview, check",
    no_args_is_help=True,
)


@survey.callback()
def about_questionnaires() -> None:
    """Questionnaires that ship with the tool, and a pilot's own."""
