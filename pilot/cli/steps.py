"""The steps of the way, as the commands and the demo take them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from pilot.analysis import analyse
from pilot.cli.speaking import Speaker
from pilot.i18n import message
from pilot.imports import Rejection, import_file, read_mapping
from pilot.plan import (
    PilotFolder,
    PlanAnswers,
    Protocol,
    read_plan,
    record_deviation,
    seal_plan,
    sealed_protocol,
    write_plan,
)
from pilot.publication import Release, latest_release, publish
from pilot.report import write_report
from pilot.result import read_result, write_result
from pilot.schema import TableName
from pilot.simulate import read_scenario, simulate_tables, write_simulated_files
from pilot.store import Store
from pilot.wording import brief


def now() -> datetime:
    """This moment, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def init(folder: PilotFolder, answers: PlanAnswers, speaker: Speaker) -> None:
    """Write a plan."""
    write_plan(folder, answers)
    speaker.done(message("The plan is in {path}. Read it, change it, then seal it.", path=folder.plan))


def check(folder: PilotFolder, speaker: Speaker) -> None:
    """Read the plan and say whether it can be sealed."""
    plan = read_plan(folder).plan
    speaker.done(
        message(
            "The plan is in order: {teams} teams, {waves} waves, evidence grade {grade}.",
            teams=len(plan.teams.all),
            waves=len(plan.calendar.waves),
            grade=plan.grade,
        )
    )


def seal(folder: PilotFolder, seed: int, speaker: Speaker) -> None:
    """Freeze the plan and draw the teams."""
    sealed = seal_plan(folder, now(), seed)
    arms = list(sealed.assignment.values())
    speaker.done(
        message(
            "The plan is sealed. Pilot teams: {pilot}, comparison teams: {comparison}.",
            pilot=arms.count("pilot"),
            comparison=arms.count("comparison"),
        )
    )
    speaker.say(
        message(
            "Keep this fingerprint outside of this folder, for example in an e-mail: {sha256}",
            sha256=sealed.sha256,
        )
    )


def deviate(folder: PilotFolder, reason: str, speaker: Speaker) -> None:
    """Record a change of the sealed plan."""
    deviation = record_deviation(folder, reason, now())
    paths = [change.path for change in deviation.changes]
    speaker.done(message("The deviation is recorded and will stand on page one: {paths}", paths=paths))


def import_table(
    folder: PilotFolder,
    path: Path,
    table: TableName,
    mapping_path: Path | None,
    database: str,
    speaker: Speaker,
) -> None:
    """Bring one file into the store."""
    mapping = read_mapping(mapping_path) if mapping_path else None
    table = mapping.table if mapping else table
    protocol = _protocol_for(folder, table)
    with Store(database) as store:
        outcome = import_file(path, protocol, store, Rejection(folder.rejected), now(), mapping=mapping, table=table)
    record = outcome.record
    if record.n_rows_new:
        speaker.done(
            message(
                "{file}: {rows} rows read ({encoding}), {new} of them new.",
                file=path.name,
                rows=outcome.n_rows,
                encoding=outcome.encoding,
                new=record.n_rows_new,
            )
        )
    else:
        speaker.done(message("{file}: all {rows} rows were there already.", file=path.name, rows=outcome.n_rows))


def _protocol_for(folder: PilotFolder, table: TableName) -> Protocol:
    """The roster may come before the seal (the draw needs team names); answers may not."""
    if table == "roster" and not folder.seal.exists():
        return read_plan(folder)
    return sealed_protocol(folder)[0]


def simulate(folder: PilotFolder, scenario_name: str, seed: int, speaker: Speaker) -> Path:
    """Write the files of a unit that never was."""
    protocol, sealed = sealed_protocol(folder)
    scenario = read_scenario(scenario_name)
    simulated = simulate_tables(scenario, protocol, sealed.assignment, np.random.default_rng(seed))
    target = folder.path / "simulated"
    write_simulated_files(simulated, target)
    speaker.done(message("Simulated answers of “{scenario}” are in {path}.", scenario=scenario_name, path=target))
    return target


def analyse_pilot(folder: PilotFolder, database: str, speaker: Speaker) -> None:
    """Estimate, judge and write the result file."""
    protocol, sealed = sealed_protocol(folder)
    with Store(database) as store:
        result = analyse(protocol, sealed, store.tables(), store.imports(), now())
    write_result(folder.result, result)
    speaker.done(message("The result is in {path}; it is for the analyst only.", path=folder.result))


def publish_result(folder: PilotFolder, speaker: Speaker) -> Release:
    """Make a release from the result and say its verdict."""
    release = publish(read_result(folder.result), folder.releases, now())
    speaker.done(message("Release {number} is in {path}.", number=release.number, path=folder.releases))
    briefing = brief(release, speaker.language)
    speaker.say(f"\n  {briefing.symbol} {briefing.word}")
    for sentence in (briefing.deviation_heading, briefing.sentence, briefing.effect, briefing.meaning):
        if sentence:
            speaker.say(f"  {sentence}")
    for fact in briefing.facts:
        speaker.say(f"  · {fact.label} — {fact.text}")
    speaker.say("")
    return release


def report(folder: PilotFolder, speaker: Speaker) -> None:
    """Write the report of the newest release."""
    write_report(latest_release(folder.releases), folder.report)
    speaker.done(message("The report is in {path}; open it in a browser.", path=folder.report))
