"""Commands about questionnaires: `pilot survey …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilot.plan import PilotFolder

survey = typer.Typer(
    name="survey",
    help="问卷：题目、预览、检查 · questionnaires: items, preview, check",
    no_args_is_help=True,
)


@survey.callback()
def about_questionnaires() -> None:
    """Questionnaires that ship with the tool, and a pilot's own."""


@survey.command(help="量表质量：信度、结构、理解是否一致 · how well the scales measure")
def quality(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="试点文件夹 · folder of the pilot")],
    database: Annotated[
        str | None,
        typer.Option("--database", envvar="PILOT_DATABASE", help="数据库地址 · database URL [DIR/pilot.sqlite]"),
    ] = None,
) -> None:
    """Print every scale and wave in a row, and write the scale sheets."""
    from pilot.cli.quality import judge_scales

    pilot_folder = PilotFolder(folder)
    judge_scales(pilot_folder, database or pilot_folder.database_url, context.obj)
