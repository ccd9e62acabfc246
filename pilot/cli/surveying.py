"""Commands about questionnaires: `pilot survey …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilot.exports.tools import Tool
from pilot.i18n import Language
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


@survey.command(
    help="导出到问卷星、XLSForm、LimeSurvey、Qualtrics、Word、Markdown · a form for the survey tool that you have"
)
def export(
    context: typer.Context,
    form: Annotated[str, typer.Argument(metavar="FORM", help="问卷名或文件 · name or page of a form")],
    to: Annotated[Tool, typer.Option("--to", help="哪种工具 · for which tool")],
    out: Annotated[Path | None, typer.Option("--out", help="写到哪里 · file to write [FORM-TOOL]")] = None,
    lang: Annotated[
        Language | None,
        typer.Option(
            "--lang", help="问卷的语言；双语工具先显示它 · language of the form, the first one where both are"
        ),
    ] = None,
    wave: Annotated[str | None, typer.Option("--wave", help="哪一轮 · for which wave's answers")] = None,
) -> None:
    """Write a form for a tool, and the mapping file that reads its answers back."""
    from pilot.cli.exporting import export as export_form
    from pilot.instruments import read_form

    export_form(read_form(form, Path()), to, out, lang, wave, context.obj)
