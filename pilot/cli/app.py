"""Commands and their options.

Help stands in both languages, because it is read before a language is chosen. What takes long to load is imported by
the command that needs it, so that help and planning start at once.
"""

from __future__ import annotations

import io
import secrets
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pilot.cli import planning
from pilot.cli.questions import GivenAnswers, ask_plan, split_names
from pilot.cli.speaking import Speaker
from pilot.cli.surveying import survey
from pilot.errors import Fault, PilotError
from pilot.i18n import Language, Message, message, preferred_language
from pilot.plan import Design, PilotFolder
from pilot.plan.template import CalendarChoice
from pilot.schema.columns import TableName

app = typer.Typer(
    name="pilot",
    help="员工自主绩效发展试点：从计划到结论 · Pilot self-directed performance development, from plan to verdict",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(survey)

ALL_CORES = -1  # as joblib counts

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="试点文件夹 · folder of the pilot")]
Database = Annotated[
    str | None,
    typer.Option("--database", envvar="PILOT_DATABASE", help="数据库地址 · database URL [DIR/pilot.sqlite]"),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="随机数种子 · seed of the draw")]


@app.callback()
def choose_language(
    context: typer.Context,
    lang: Annotated[Language | None, typer.Option("--lang", help="语言 · language [PILOT_LANG]")] = None,
) -> None:
    """Take the language for everything that follows."""
    context.obj = Speaker(lang or preferred_language())


@app.command(help="写出计划 · write a plan")
def init(
    context: typer.Context,
    folder: Folder,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="不提问，用默认值 · ask nothing")] = False,
    unit: Annotated[str | None, typer.Option(help="试点单位 · business unit")] = None,
    launch: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="启动日 · day the practice starts")
    ] = None,
    design: Annotated[Design, typer.Option(help="设计 · design")] = "waitlist",
    teams: Annotated[str | None, typer.Option(help="团队，逗号分隔 · teams, comma-separated")] = None,
    comparison_teams: Annotated[str | None, typer.Option(help="对照团队 · comparison teams")] = None,
    calendar: Annotated[CalendarChoice, typer.Option(help="日历 · calendar of waves")] = "full",
    sesoi: Annotated[float | None, typer.Option(help="值得推广的最小效果（分）· smallest worthwhile effect")] = None,
) -> None:
    """Write `plan.yaml`, asking what is not given."""
    given = GivenAnswers(
        unit_name=unit or "",
        launch_on=launch.date() if launch else None,
        design=design,
        teams=split_names(teams or ""),
        comparison_teams=split_names(comparison_teams or ""),
        calendar=calendar,
        sesoi_points=sesoi,
    )
    speaker: Speaker = context.obj
    planning.init(PilotFolder(folder), ask_plan(given, speaker, planning.now().date(), silent=yes), speaker)


@app.command(help="检查计划 · check the plan")
def check(context: typer.Context, folder: Folder) -> None:
    """Say whether the plan can be sealed."""
    planning.check(PilotFolder(folder), context.obj)


@app.command(help="封存计划并抽签 · freeze the plan and draw the teams")
def seal(context: typer.Context, folder: Folder, seed: Seed = None) -> None:
    """Freeze the plan; without a seed the draw takes one from the system."""
    planning.seal(PilotFolder(folder), secrets.randbits(32) if seed is None else seed, context.obj)


@app.command(
    help="启动前演练：这个试点能不能回答问题，结论会错多少次 · rehearse: can this pilot tell, how often is it wrong"
)
def rehearse(
    context: typer.Context,
    folder: Folder,
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", help="情景，可多次；默认全部 · scenarios, all by default")
    ] = None,
    replicates: Annotated[int, typer.Option(min=100, help="每个情景模拟多少个试点 · pilots a scenario")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="随机数种子 · seed")] = 1,
    response_pct: Annotated[
        float | None, typer.Option(min=5, max=99, help="预计作答率（%）· expected response, percent")
    ] = None,
    grid: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="teams=8:24:4 people=8,12", help="换几种规模试试 · try other sizes"),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="进程数，默认全部核 · processes, all cores by default")
    ] = None,
    cluster: Annotated[str | None, typer.Option(help="Dask 集群地址 · address of a Dask scheduler")] = None,
    database: Database = None,
) -> None:
    """Run the plan on thousands of simulated pilots."""
    from pilot.cli import rehearsing
    from pilot.rehearsal import Run

    pilot_folder, run = PilotFolder(folder), Run(replicates, seed)
    rate = None if response_pct is None else response_pct / 100
    if grid:
        rehearsing.rehearse_grid(
            pilot_folder, grid, run, context.obj, response_rate=rate, n_jobs=jobs or ALL_CORES, cluster=cluster
        )
        return
    rehearsing.rehearse_plan(
        pilot_folder,
        scenario or (),
        run,
        context.obj,
        database=database or pilot_folder.database_url,
        response_rate=rate,
        n_jobs=jobs or ALL_CORES,
        cluster=cluster,
    )


@app.command(help="登记对已封存计划的偏离 · record a deviation from the sealed plan")
def deviate(
    context: typer.Context,
    folder: Folder,
    reason: Annotated[str, typer.Option(help="原因 · why")] = "",
) -> None:
    """Accept what was changed in the plan, with its reason."""
    planning.deviate(PilotFolder(folder), reason, context.obj)


@app.command("import", help="导入花名册、答卷、目标、对话等 · import roster, responses, goals, conversations ...")
def import_command(
    context: typer.Context,
    folder: Folder,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX")],
    table: Annotated[TableName, typer.Option("--table", help="导入到哪张表 · into which table")] = "responses",
    mapping: Annotated[Path | None, typer.Option("--mapping", help="列对应文件 · mapping file")] = None,
    database: Database = None,
) -> None:
    """Check a file as a whole and store it, or store nothing."""
    pilot_folder = PilotFolder(folder)
    url = database or pilot_folder.database_url
    from pilot.cli import working

    working.import_table(pilot_folder, file, table, mapping, url, context.obj)


@app.command(help="生成模拟单位的全部数据 · write all tables of a simulated unit")
def simulate(
    context: typer.Context,
    folder: Folder,
    scenario: Annotated[str, typer.Option("--scenario", help="情景名或文件 · scenario or file")] = "works",
    seed: Seed = None,
    into_store: Annotated[
        bool,
        typer.Option("--into-store", help="不写文件，逐块存入数据库 · straight into the database, for large units"),
    ] = False,
    database: Database = None,
) -> None:
    """Write all tables of a world with known truth, as files or into the store."""
    from pilot.cli import working

    pilot_folder, chosen_seed = PilotFolder(folder), secrets.randbits(32) if seed is None else seed
    if into_store:
        url = database or pilot_folder.database_url
        working.simulate_into_store(pilot_folder, scenario, chosen_seed, url, context.obj)
    else:
        working.simulate(pilot_folder, scenario, chosen_seed, context.obj)


@app.command(help="分析 · analyse")
def analyse(context: typer.Context, folder: Folder, database: Database = None) -> None:
    """Write `result.json`."""
    pilot_folder = PilotFolder(folder)
    from pilot.cli import working

    working.analyse_pilot(pilot_folder, database or pilot_folder.database_url, context.obj)


@app.command(help="发布（通过披露控制）· publish what is safe to show")
def publish(context: typer.Context, folder: Folder) -> None:
    """Make the next numbered release."""
    from pilot.cli import working

    working.publish_result(PilotFolder(folder), context.obj)


@app.command(help="生成报告 · write the report")
def report(
    context: typer.Context,
    folder: Folder,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="html, pdf, pptx, xlsx, letter；默认全部 · all by default"),
    ] = None,
) -> None:
    """Write the report of the newest release in every form, or in those that are named."""
    from pilot.cli import working

    working.report(PilotFolder(folder), formats or (), context.obj)


@app.command(help="打开看板 · serve the dashboard")
def dashboard(
    context: typer.Context,
    folder: Folder,
    host: Annotated[str, typer.Option(help="地址 · address")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口 · port")] = 8501,
) -> None:
    """Serve the dashboard until it is stopped."""
    from pilot.dashboard import is_open, serve

    if is_open(host):
        context.obj.warn(
            message(
                "There is no sign-in: whoever reaches {host} sees the release. Put a proxy that asks for one in front, "
                "or stay on 127.0.0.1.",
                host=host,
            )
        )
    raise typer.Exit(serve(folder, host=host, port=port))


@app.command(help="用模拟单位走完全程 · go the whole way on a simulated unit")
def demo(
    context: typer.Context,
    folder: Folder,
    scenario: Annotated[str, typer.Option("--scenario", help="情景名或文件 · scenario or file")] = "works",
) -> None:
    """Plan, seal, simulate, import, analyse, publish and report."""
    from pilot.cli.demo import run_demo

    run_demo(PilotFolder(folder), scenario, context.obj)


def main() -> None:
    """Run the command line; the user's mistakes end in sentences and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a Windows console in GBK has no check mark
            stream.reconfigure(errors="replace")
    speaker = Speaker(_language_of(sys.argv))
    try:
        app()
    except PilotError as error:
        speaker.complain(error)
        sys.exit(1)
    except OSError as error:
        headline: Message = message("The disk said no; nothing was half written.")
        found = message("{reason}.", reason=error.strerror or type(error).__name__)
        remedy = message("Check free space and permissions of the folder.")
        speaker.complain(PilotError(headline, [Fault(str(error.filename or ""), found, remedy)]))
        sys.exit(1)


def _language_of(arguments: list[str]) -> Language:
    """The language of a run that failed, read again because the context is gone."""
    option, value = [*arguments, "", ""][1:3]  # before the command; behind it, the same words mean something else
    chosen = option.removeprefix("--lang=") if option.startswith("--lang=") else value if option == "--lang" else ""
    if chosen == "zh":
        return "zh"
    if chosen == "en":
        return "en"
    return preferred_language()
