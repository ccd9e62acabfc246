"""The steps from the first answer to the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from pilot.analysis import analyse
from pilot.cli.planning import now
from pilot.cli.speaking import Speaker
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.imports import Rejection, import_file, read_mapping
from pilot.ledger import begin_ledger
from pilot.plan import PilotFolder, Protocol, read_plan, sealed_protocol
from pilot.plan.protocol import digest
from pilot.publication import Release, latest_release, publish
from pilot.rehearsal import read_rehearsal
from pilot.report import FORMATS, write_renderings
from pilot.result import Result, read_result, write_result
from pilot.schema.columns import TableName
from pilot.simulate import read_scenario, simulate_tables, write_simulated_files
from pilot.simulate.practice.streaming import stream_tables
from pilot.store import Store
from pilot.wording import brief
from pilot.wording.biases import bias_sentences, bias_table, exploration_sentences, opinion_table


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
    protocol, seal_sha256 = _protocol_for(folder, table)
    with Store(database) as store:
        outcome = import_file(
            path,
            protocol,
            store,
            Rejection(folder.rejected),
            now(),
            seal_sha256=seal_sha256,
            mapping=mapping,
            table=table,
        )
    record = outcome.record
    if record.n_rows_new:
        speaker.done(
            message(
                "{file}: {rows} entries read ({encoding}), {new} of them new.",
                file=path.name,
                rows=outcome.n_rows,
                encoding=outcome.encoding,
                new=record.n_rows_new,
            )
        )
    else:
        speaker.done(message("{file}: all {rows} entries were there already.", file=path.name, rows=outcome.n_rows))


def _protocol_for(folder: PilotFolder, table: TableName) -> tuple[Protocol, str | None]:
    """The protocol and its seal's hash. The roster may come before the seal, answers may not."""
    if table == "roster" and not folder.seal.exists():
        return read_plan(folder), None
    protocol, sealed = sealed_protocol(folder)
    return protocol, sealed.sha256


def simulate(folder: PilotFolder, scenario_name: str, seed: int, speaker: Speaker) -> tuple[Path, Mapping[str, float]]:
    """Write the files of a unit that never was; returns where, and its truth."""
    protocol, sealed = sealed_protocol(folder)
    scenario = read_scenario(scenario_name)
    simulated = simulate_tables(scenario, protocol, sealed.assignment, np.random.default_rng(seed), sealed.starts)
    target = folder.path / "simulated"
    write_simulated_files(simulated, target)
    speaker.done(message("Simulated answers of “{scenario}” are in {path}.", scenario=scenario_name, path=target))
    return target, simulated.truth


def simulate_into_store(folder: PilotFolder, scenario_name: str, seed: int, database: str, speaker: Speaker) -> None:
    """Simulate a large unit block by block into the store."""
    protocol, sealed = sealed_protocol(folder)
    scenario = read_scenario(scenario_name)
    with Store(database) as store:
        streamed = stream_tables(
            scenario,
            protocol,
            sealed.assignment,
            np.random.SeedSequence(seed),
            store,
            now(),
            starts=sealed.starts,
            seal_sha256=sealed.sha256,
            console=Console(stderr=True),
        )
    speaker.done(
        message(
            "“{scenario}”: {people} people, {rows} rows are in the database.",
            scenario=scenario_name,
            people=streamed.n_people,
            rows=sum(streamed.n_rows.values()),
        )
    )


def analyse_pilot(folder: PilotFolder, database: str, speaker: Speaker) -> None:
    """Estimate, judge and write the result file."""
    protocol, sealed = sealed_protocol(folder)
    with Store(database) as store:
        result = analyse(
            protocol,
            sealed,
            store.tables(),
            store.imports(),
            now(),
            begin_ledger(folder.ledger),
            store.practice(),
        )
    write_result(folder.result, result)
    language = speaker.language
    speaker.table(bias_table(result, language))
    for sentence in bias_sentences(result, language):
        speaker.say(f"· {sentence}")
    speaker.table(opinion_table(result, language))
    for sentence in exploration_sentences(result, language):
        speaker.say(f"· {sentence}")
    speaker.done(message("The result is in {path}; it is for the analyst only.", path=folder.result))


def publish_result(folder: PilotFolder, speaker: Speaker) -> Release:
    """Make a release from the result and say its verdict."""
    rehearsal = read_rehearsal(folder.rehearsal) if folder.rehearsal.exists() else None
    release = publish(_current_result(folder), folder.releases, folder.ledger, now(), rehearsal)
    speaker.done(message("Release {number} is in {path}.", number=release.number, path=folder.releases))
    briefing = brief(release, speaker.language)
    speaker.say(f"\n  {briefing.symbol} {briefing.word}")
    for sentence in (
        briefing.deviation_heading,
        *briefing.deviations,
        briefing.sentence,
        briefing.effect,
        briefing.meaning,
    ):
        if sentence:
            speaker.say(f"  {sentence}")
    for fact in briefing.facts:
        speaker.say(f"  · {fact.label} — {fact.text}")
    speaker.say("")
    return release


def _current_result(folder: PilotFolder) -> Result:
    """The result, if it is one of the protocol in force."""
    protocol, sealed = sealed_protocol(folder)
    result = read_result(folder.result)
    if (result.protocol_sha256, result.pilot.seal_sha256) == (digest(protocol.content), sealed.sha256):
        return result
    found = message("the plan was changed since the analysis.")
    fault = Fault(folder.result.name, found, message("Run `pilot analyse` again."))
    raise PilotError(message("Nothing was published."), [fault])


def report(folder: PilotFolder, named: Sequence[str], speaker: Speaker) -> None:
    """Write the report of the newest release in every form, or in those that are named.

    Raises:
        PilotError: there is no such form, no release, or a form could not be written; the others are.
    """
    one_of = message("Write one of: {choices}.", choices=list(FORMATS))
    unknown = [
        Fault("--format", message("the report has no form “{name}”.", name=name), one_of)
        for name in named
        if name not in FORMATS
    ]
    if unknown:
        raise PilotError(message("Nothing was written."), unknown)
    formats = [each for each in FORMATS if not named or each in named]
    written, faults = write_renderings(latest_release(folder.releases), folder.report, formats)
    if written:
        speaker.done(
            message("The report is in {path}: {files}.", path=folder.report, files=[each.name for each in written])
        )
    if faults:
        raise PilotError(message("Not every form of the report was written."), faults)
