"""The whole way on a simulated unit, each step shown as the command that does it."""

from __future__ import annotations

from datetime import date

from pilot.cli import planning, working
from pilot.cli.rehearsing import rehearse_plan
from pilot.cli.speaking import Speaker
from pilot.errors import PilotError
from pilot.i18n import message
from pilot.plan import PilotFolder, PlanAnswers
from pilot.rehearsal import Run
from pilot.report import FORMATS
from pilot.schema.columns import TABLE_NAMES

DEMO_SEED = 2
DEMO_WORLDS = ("nothing", "hawthorne", "works")
DEMO_REPLICATES = 500
DEMO_LAUNCH = date(2027, 3, 1)
DEMO_TEAMS = tuple(f"T{number:02d}" for number in range(1, 17))


def run_demo(folder: PilotFolder, scenario: str, speaker: Speaker) -> None:
    """Plan, rehearse, seal, simulate, import, analyse, publish, report.

    Raises:
        PilotError: the folder holds a pilot already, or the scenario is not known.
    """
    path = folder.path
    unit = message("Example unit (simulated)")
    answers = PlanAnswers(
        unit_name=unit.text("zh"), unit_name_en=unit.text("en"), launch_on=DEMO_LAUNCH, teams=DEMO_TEAMS
    )
    speaker.say(f"$ pilot init {path} --yes --launch {DEMO_LAUNCH}")
    planning.init(folder, answers, speaker)
    worlds = " ".join(f"--scenario {name}" for name in DEMO_WORLDS)
    speaker.say(f"$ pilot rehearse {path} {worlds} --replicates {DEMO_REPLICATES}")
    rehearse_plan(
        folder,
        DEMO_WORLDS,
        Run(DEMO_REPLICATES, DEMO_SEED),
        speaker,
        database=folder.database_url,
        response_rate=None,
        n_jobs=-1,
        cluster=None,
    )
    speaker.say(f"$ pilot seal {path} --seed {DEMO_SEED}")
    planning.seal(folder, DEMO_SEED, speaker)
    speaker.say(f"$ pilot simulate {path} --scenario {scenario} --seed {DEMO_SEED}")
    files, truth = working.simulate(folder, scenario, DEMO_SEED, speaker)
    for table in TABLE_NAMES:
        file = files / f"{table}.csv"
        speaker.say(f"$ pilot import {path} {file} --table {table}")
        working.import_table(folder, file, table, None, folder.database_url, speaker)
    speaker.say(f"$ pilot analyse {path}")
    working.analyse_pilot(folder, folder.database_url, speaker)
    speaker.say(f"$ pilot publish {path}")
    working.publish_result(folder, speaker)
    speaker.say(f"$ pilot report {path}")
    try:
        working.report(folder, FORMATS, speaker)
    except PilotError as error:  # a system without Pango has no PDF; the demo goes on
        speaker.complain(error)
    speaker.say("")
    speaker.say(message("The truth of this simulated unit, which a real pilot never tells:"))
    for estimand, points in truth.items():
        speaker.say(f"  {estimand} = {points:+.2f}")
