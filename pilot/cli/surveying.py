"""Commands about questionnaires: `pilot survey …`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pilot.cli.speaking import Speaker
from pilot.exports.tools import Tool
from pilot.i18n import LANGUAGES, Language
from pilot.plan import PilotFolder

survey = typer.Typer(
    name="survey",
    help="问卷：题目、预览、检查 · questionnaires: items, preview, check",
    no_args_is_help=True,
)


@survey.callback()
def about_questionnaires() -> None:
    """Questionnaires that ship with the tool, and a pilot's own."""


@survey.command("list", help="有哪些问卷、多少题、要几分钟 · what there is, how many items, how many minutes")
def list_command(context: typer.Context) -> None:
    """List the shipped questionnaires and forms."""
    from pilot.cli import questionnaires

    questionnaires.list_questionnaires(context.obj)


@survey.command(help="看一份问卷的全部题目 · every question of a questionnaire or a form")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="名字或文件 · name or page")],
    lang: Annotated[Language | None, typer.Option("--lang", help="只看一种语言 · one language only")] = None,
) -> None:
    """Show texts, answers, keying and source."""
    from pilot.cli import questionnaires

    questionnaires.show(name, [lang] if lang else LANGUAGES, context.obj)


@survey.command(help="像编辑一样审题，默认审全部自带问卷 · an editor's check; of all shipped pages by default")
def check(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="问卷文件 · pages")] = None,
) -> None:
    """Say what is wrong or doubtful; exit code 1 on faults."""
    from pilot.cli import questionnaires

    questionnaires.check(files or [], context.obj)


@survey.command(help="预览：员工在手机上看到的样子 · a form as people see it on a phone, one HTML file")
def preview(
    context: typer.Context,
    form: Annotated[str, typer.Argument(metavar="FORM", help="问卷名或文件 · name or page of a form")],
    out: Annotated[Path | None, typer.Option("--out", help="写到哪里 · file to write [FORM.html]")] = None,
    lang: Annotated[Language | None, typer.Option("--lang", help="先显示哪种语言 · in which language it opens")] = None,
) -> None:
    """Write the preview of a form."""
    from pilot.cli import questionnaires

    speaker: Speaker = context.obj
    questionnaires.preview(form, out, lang or speaker.language, speaker)


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
