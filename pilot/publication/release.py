"""A release: what anybody may see, in one frozen, numbered, signed file."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from pilot.documents import BilingualText
from pilot.errors import Fault, PilotError
from pilot.i18n import message
from pilot.loop import IndicatorCode, Period
from pilot.plan import Arm
from pilot.publication.promise import ShownPromise
from pilot.result import (
    BiasCode,
    DeviationNote,
    Effect,
    EstimateOf,
    FidelityOutcome,
    GuardrailOutcome,
    Part,
    PilotFacts,
    Verdict,
)
from pilot.result.sheets import Bounded, Fitness, InvarianceStep, Reason

Withheld = Literal["too_few_people", "could_be_subtracted", "all_alike", "no_records"]
"""Why a figure is not shown: it is about too few people; it would let another one be computed; everybody in it is
alike, so that it is about each of them; or nothing was recorded."""


Bound = Literal["at_least", "at_most"]


class Count(Part):
    """A number of people, or why it is not shown."""

    n: int | None
    withheld: Withheld | None = None


class Mean(Part):
    """A mean with its interval, or why it is not shown."""

    mean: float | None
    lower: float | None = None
    upper: float | None = None
    withheld: Withheld | None = None


class ShownWave(Part):
    """The linked panel's mean in one wave and arm."""

    arm: Arm
    wave_id: str
    week: int
    people: Count
    score: Mean


class ShownIndicator(Part):
    """One mechanism of the loop in one arm and period (see `pilot.loop`), or why it is not shown.

    Attributes:
        value: Percent in whole numbers, or hours a person and week.
        bound: Whether the share is only known not to be below, or above, the value.
    """

    code: IndicatorCode
    arm: Arm
    period: Period
    value: float | None
    bound: Bound | None = None
    people: Count
    withheld: Withheld | None = None


class ShownBias(Part):
    """One row of the bias ledger (see `pilot.publication.ledger_rows`), or that it is not shown.

    Attributes:
        code: Which possible lie.
        looks_like: How large it looks, points.
        overturns_at: How large it would have to be for another verdict; None where nothing hangs on it, or withheld.
        withheld: Why it is not shown.
        name: The scale that it was seen on, where there are several.
    """

    code: BiasCode
    looks_like: float | None
    overturns_at: float | None
    withheld: Withheld | None = None
    name: BilingualText | None = None


class ShownFlow(Part):
    """Participants of one arm, step by step (see `pilot.result.ArmFlow`)."""

    arm: Arm
    n_teams: int
    n_invited: Count
    n_baseline: Count
    n_outcome: Count
    n_linked: Count
    n_leavers: Count
    n_joiners: Count


class ShownSheet(Part):
    """How well the primary scale measured in one wave, of the linked panel.

    Attributes:
        wave_id: The wave.
        n_people_at_least: Linked people with a score in it, rounded down to tens.
        withheld: Why nothing is shown.
        reliability: McDonald's omega; Cronbach's alpha where there is none.
        coefficient: Which of the two.
        cfi: Of one factor.
        rmsea: Of one factor.
        srmr: Of one factor.
        icc_1: Share of the differences that lies between teams, 0 to 1.
        icc_2: Reliability of a team's mean, 0 to 1.
        as_at_baseline: How far it is read as at the baseline; None where it was not compared.
        in_both_arms: How far both arms read it alike; likewise.
        fitness: The sheet's verdict.
        reasons: Behind it.
        item_texts: Wording of the items that the reasons name.
    """

    wave_id: str
    n_people_at_least: int | None
    withheld: Withheld | None = None
    reliability: Bounded | None = None
    coefficient: Literal["omega", "alpha"] = "omega"
    cfi: float | None = None
    rmsea: float | None = None
    srmr: float | None = None
    icc_1: float | None = None
    icc_2: float | None = None
    as_at_baseline: InvarianceStep | None = None
    in_both_arms: InvarianceStep | None = None
    fitness: Fitness | None = None
    reasons: tuple[Reason, ...] = ()
    item_texts: dict[str, BilingualText] = Field(default_factory=dict)


class Release(Part):
    """Everything that the views may read.

    Attributes:
        format: Of this file.
        number: Releases of one pilot are numbered from 1.
        published_at: When.
        made_with: Name and version of the software.
        previous_sha256: Of the release before; None for the first.
        pilot: What the plan says.
        deviations: Departures from the sealed plan; they stand on page one.
        verdict: The decision and what it rests on.
        primary: The effect that decides.
        of_all_answers: The same of all answers, where the plan wants both to stand.
        lasting: The same at the follow-ups.
        secondary: Effects on the other scales.
        waves: Both arms' lines over the waves: of linked people, or of all who answered where all answers count.
        flow: Who was asked and who answered.
        guardrails: What must not get worse.
        fidelity: How far the loop was run.
        loop: How the loop was run, by mechanism; empty where no practice was imported.
        promise: What the rehearsal promised before the launch; None where the plan was not rehearsed.
        scale_sheets: How well the primary scale measured.
        biases: How wrong the estimate could be, as far as it can be shown.
        sha256: Of all the above.
    """

    format: Literal[1] = 1
    number: int
    published_at: datetime
    made_with: str
    previous_sha256: str | None
    pilot: PilotFacts
    deviations: tuple[DeviationNote, ...]
    verdict: Verdict
    primary: Effect
    of_all_answers: EstimateOf | None
    lasting: EstimateOf | None
    secondary: tuple[Effect, ...]
    waves: tuple[ShownWave, ...]
    flow: tuple[ShownFlow, ...]
    guardrails: tuple[GuardrailOutcome, ...]
    fidelity: FidelityOutcome
    loop: tuple[ShownIndicator, ...] = ()
    promise: ShownPromise | None = None
    scale_sheets: tuple[ShownSheet, ...] = ()
    biases: tuple[ShownBias, ...] = ()
    sha256: str = ""

    @property
    def fingerprint(self) -> str:
        """The hash that the content should have."""
        return hashlib.sha256(self.model_dump_json(exclude={"sha256"}).encode()).hexdigest()


def release_path(folder: Path, number: int) -> Path:
    """Where a release lies."""
    return folder / f"release-{number:04d}.json"


def release_numbers(folder: Path) -> list[int]:
    """Numbers of the releases in a folder, ascending."""
    stems = (path.stem.removeprefix("release-") for path in folder.glob("release-*.json"))
    return sorted(int(stem) for stem in stems if stem.isdigit())


def latest_release(folder: Path) -> Release:
    """The newest release in a folder.

    Raises:
        PilotError: there is none, or it is damaged.
    """
    numbers = release_numbers(folder)
    if not numbers:
        found = message("nothing has been published yet.")
        remedy = message("Run `pilot analyse` and then `pilot publish`.")
        raise PilotError(message("There is no release to show."), [Fault(str(folder), found, remedy)])
    return read_release(release_path(folder, numbers[-1]))


def read_release(path: Path) -> Release:
    """Read one release and check that nobody changed it.

    Raises:
        PilotError: there is no such file, it is of another version, or it was changed.
    """
    headline = message("There is no release to show.")
    try:
        release = Release.model_validate_json(path.read_text("utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        found = message("the file is not a release of this version.")
        raise PilotError(headline, [Fault(str(path), found, message("Publish again with `pilot publish`."))]) from None
    if release.sha256 != release.fingerprint:
        found = message("the content does not match its fingerprint: it was changed by hand.")
        raise PilotError(headline, [Fault(str(path), found, message("Publish again with `pilot publish`."))])
    return release
