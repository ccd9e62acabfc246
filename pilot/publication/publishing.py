"""Make a release from a result."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pilot import __version__
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.publication.disclosure import (
    safe_effect,
    safe_estimate,
    safe_fidelity,
    safe_flow,
    safe_guardrail,
    safe_waves,
    too_close,
)
from pilot.publication.release import Release, latest_release, release_numbers, release_path
from pilot.result import Result


def publish(result: Result, folder: Path, published_at: datetime) -> Release:
    """Write the next release.

    Raises:
        PilotError: an arm has too few linked people to show anything; or the release would differ from the one
            before by so few people that their answers could be computed from the two.
    """
    previous = latest_release(folder) if release_numbers(folder) else None
    minimum = result.pilot.minimum_cell_n
    faults = [*_small_arms(result, minimum), *_small_differences(result, previous, minimum)]
    if faults:
        raise PilotError(message("Nothing was published."), faults)
    unsigned = Release(
        number=previous.number + 1 if previous else 1,
        published_at=published_at,
        made_with=f"pilot {__version__}",
        previous_sha256=previous.sha256 if previous else None,
        pilot=result.pilot,
        deviations=result.deviations,
        verdict=result.verdict,
        primary=result.primary,
        lasting=safe_estimate(result.lasting, minimum),
        secondary=tuple(safe_effect(effect, minimum) for effect in result.secondary),
        waves=safe_waves(result.waves, result.flow, result.pilot, minimum),
        flow=tuple(safe_flow(flow, minimum) for flow in result.flow),
        guardrails=tuple(safe_guardrail(outcome, minimum) for outcome in result.guardrails),
        fidelity=safe_fidelity(result.fidelity, minimum),
    )
    release = unsigned.model_copy(update={"sha256": unsigned.fingerprint})
    folder.mkdir(parents=True, exist_ok=True)
    with release_path(folder, release.number).open("x", encoding="utf-8") as file:
        file.write(release.model_dump_json(indent=1))
    return release


def _small_arms(result: Result, minimum: int) -> list[Fault]:
    return [
        Fault(
            flow.arm,
            message("{n} linked people are fewer than {minimum}.", n=flow.n_linked, minimum=minimum),
            message("Wait for more answers; figures about so few people are not published."),
        )
        for flow in result.flow
        if flow.n_linked < minimum
    ]


def _small_differences(result: Result, previous: Release | None, minimum: int) -> list[Fault]:
    """Groups that a few people have joined or left since the last release."""
    if previous is None:
        return []
    before: dict[str, int] = {flow.arm: flow.n_linked.n or 0 for flow in previous.flow}
    before |= {f"{wave.arm} {wave.wave_id}": wave.people.n or 0 for wave in previous.waves}
    now: dict[str, int] = {flow.arm: flow.n_linked for flow in result.flow}
    now |= {f"{wave.arm} {wave.wave_id}": wave.n_people for wave in result.waves}
    return [
        Fault(
            group,
            message(
                "since release {number} the linked people changed by fewer than {minimum}.",
                number=previous.number,
                minimum=minimum,
            ),
            message("Wait for more answers: the difference of two releases must not be a figure about a few."),
        )
        for group in now
        if before.get(group) and too_close(max(before[group], now[group]), min(before[group], now[group]), minimum)
    ]
