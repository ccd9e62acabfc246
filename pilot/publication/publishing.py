"""Make a release from a result."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from pilot import __version__
from pilot.documents import write_whole
from pilot.errors import Fault, PilotError
from pilot.i18n import Message, message
from pilot.ledger import Ledger, LedgerEntry, changed_by_a_few, read_ledger, write_ledger
from pilot.publication.disclosure import (
    groups_of_waves,
    rounded,
    safe_effects,
    safe_estimate_of_all,
    safe_fidelity,
    safe_flow,
    safe_guardrail,
    safe_indicator,
    safe_lasting,
    safe_verdict,
    safe_waves,
    waves_that_tell_of_the_missing,
)
from pilot.publication.ledger_rows import safe_biases
from pilot.publication.promise import ShownPromise, shown_promise
from pilot.publication.release import Release, latest_release, release_numbers, release_path
from pilot.publication.sheets import safe_sheets
from pilot.rehearsal import Rehearsal
from pilot.result import Effect, Result


def publish(
    result: Result, folder: Path, ledger_path: Path, published_at: datetime, rehearsal: Rehearsal | None = None
) -> Release:
    """Write the next release, and who stands behind it into the ledger.

    Args:
        result: What was found.
        folder: Where releases lie.
        ledger_path: Where it is remembered who stood behind them.
        published_at: Now.
        rehearsal: What was promised before the launch; None where the plan was not rehearsed.

    Raises:
        PilotError: an arm has too few linked people to show anything; the result is older than the newest release;
            or it belongs to another seal or hides a deviation that was published.
    """
    previous = latest_release(folder) if release_numbers(folder) else None
    ledger = read_ledger(ledger_path)
    minimum = result.pilot.minimum_cell_n
    faults = [*_small_arms(result, minimum), *_out_of_line(result, previous, ledger)]
    if faults:
        raise PilotError(message("Nothing was published."), faults)
    promise = shown_promise(rehearsal, result) if rehearsal else None
    release = _release(result, previous, ledger, published_at, promise)
    # The ledger first: an entry too many only refuses more, an entry too few would let releases be subtracted.
    entry = LedgerEntry(number=release.number, seen=result.seen)
    write_ledger(ledger_path, ledger.model_copy(update={"entries": (*ledger.entries, entry)}))
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(release_path(folder, release.number), release.model_dump_json(indent=1))
    return release


def _release(
    result: Result,
    previous: Release | None,
    ledger: Ledger,
    published_at: datetime,
    promise: ShownPromise | None,
) -> Release:
    minimum = result.pilot.minimum_cell_n
    waves = safe_waves(
        result.waves,
        groups_of_waves(result),
        minimum,
        result.pilot.primary_range,
        waves_that_tell_of_the_missing(result, ledger.entries),
    )
    exact = Release(
        number=previous.number + 1 if previous else 1,
        published_at=published_at,
        made_with=f"pilot {__version__}",
        previous_sha256=previous.sha256 if previous else None,
        pilot=result.pilot,
        deviations=result.deviations,
        verdict=safe_verdict(result, minimum),
        primary=result.primary,
        of_all_answers=safe_estimate_of_all(result, minimum),
        lasting=safe_lasting(result, minimum),
        secondary=safe_effects(result, minimum),
        waves=waves,
        flow=tuple(safe_flow(flow, minimum) for flow in result.flow),
        guardrails=tuple(safe_guardrail(outcome, minimum) for outcome in result.guardrails),
        loop=tuple(safe_indicator(each, minimum) for each in result.loop),
        promise=promise,
        fidelity=safe_fidelity(result.fidelity, minimum),
        scale_sheets=safe_sheets(result.scale_sheets, waves, minimum),
        biases=safe_biases(result, safe_verdict(result, minimum), safe_lasting(result, minimum)),
    )
    unsigned = Release.model_validate(rounded(exact.model_dump()))
    return unsigned.model_copy(update={"sha256": unsigned.fingerprint})


def _small_arms(result: Result, minimum: int) -> list[Fault]:
    remedy = message("Wait for more answers; figures about so few people are not published.")
    if result.primary.answers == "all":
        smallest = {flow.arm: min(flow.n_baseline, flow.n_outcome) for flow in result.flow}
    else:
        smallest = {flow.arm: flow.n_linked for flow in result.flow}
    return [Fault(arm, _too_few(result, n, minimum), remedy) for arm, n in smallest.items() if n < minimum]


def _too_few(result: Result, n: int, minimum: int) -> Message:
    if result.primary.answers == "all":
        return message("{n} people before or after the launch are fewer than {minimum}.", n=n, minimum=minimum)
    return message("{n} linked people are fewer than {minimum}.", n=n, minimum=minimum)


def _out_of_line(result: Result, previous: Release | None, ledger: Ledger) -> Iterator[Fault]:
    """What does not follow on the newest release."""
    again = message("Run `pilot analyse` again.")
    newest = previous.number if previous else 0
    if newest > ledger.last_number:
        found = message("the memory of what was published lacks release {number}.", number=newest)
        yield Fault("ledger.json", found, message("Restore the file from your backup."))
    elif result.released != ledger.last_number and result.seen != ledger.last_seen:
        yield Fault("result.json", message("something was published since the analysis."), again)
    else:
        # Every release, not only the newest: what comes and goes again is a difference to an older one.
        for entry in ledger.entries:
            if changed_by_a_few(result.seen, entry.seen, result.pilot.minimum_cell_n):
                found = message("it would differ from release {number} by a few people.", number=entry.number)
                remedy = message("Take the last deviation back, or wait for more answers.")
                yield Fault("result.json", found, remedy)
    if previous is None:
        return
    if _counted(result.primary) != _counted(previous.primary):
        found = message("release {number} counted other answers, or gave them other weights.", number=newest)
        remedy = message("Take the last deviation back: the two could be subtracted from each other.")
        yield Fault("result.json", found, remedy)
    published = [note.sha256 for note in previous.deviations]
    if result.pilot.seal_sha256 != previous.pilot.seal_sha256:
        found = message("release {number} belongs to another seal.", number=newest)
        yield Fault("seal.json", found, message("Restore that seal.json, or begin a new folder."))
    elif [note.sha256 for note in result.deviations][: len(published)] != published:
        found = message("a deviation that release {number} names is gone.", number=newest)
        yield Fault("seal.json", found, message("Restore that seal.json; a deviation stays on page one."))


def _counted(primary: Effect) -> tuple[bool, str]:
    """Whose answers the means are of, and how much each person counts in them."""
    return primary.answers == "all", primary.weighting
