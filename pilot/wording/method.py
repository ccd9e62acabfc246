"""The method, for the analyst: behind a click, in words, with the numbers an executive is spared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pilot.i18n import Message, message
from pilot.publication import Release
from pilot.wording.names import answers_name, choice_name, design_name, estimator_name, wave_name, weighting_name
from pilot.wording.voice import Voice


@dataclass(frozen=True)
class Entry:
    """A label and what belongs to it."""

    label: str
    text: str


def method_entries(release: Release, voice: Voice) -> tuple[Entry, ...]:
    """How the numbers came about."""
    return tuple(Entry(voice.say(label), text) for label, text in _entries(release, voice))


def _entries(release: Release, voice: Voice) -> Iterator[tuple[Message, str]]:
    pilot, primary = release.pilot, release.primary
    sealed = message("{date}, fingerprint {sha256}", date=voice.date(pilot.sealed_at), sha256=pilot.seal_sha256[:16])
    interval = message(
        "{confidence} confidence interval, robust to people of one team answering alike.",
        confidence=voice.percent(pilot.confidence_pct),
    )
    worthwhile = _worthwhile(release, voice)
    privacy = message("No figure about fewer than {n} people is shown.", n=voice.count(pilot.minimum_cell_n))
    yield message("Business unit"), voice.name(pilot.unit)
    yield message("Design"), voice.say(design_name(pilot.design))
    yield message("Choice of the unit"), voice.say(choice_name(pilot.chosen_because))
    yield message("Launch"), voice.date(pilot.launch_on)
    if len(pilot.start_weeks) > 1:
        yield message("Start in turns"), voice.say(_turns(release))
    yield message("Plan sealed"), voice.say(sealed)
    yield message("Draw of the teams"), voice.say(message("Can be repeated from the number {seed}.", seed=pilot.seed))
    yield message("Starting point"), _waves(pilot.baseline_waves, voice)
    yield message("Outcome"), _waves(pilot.outcome_waves, voice)
    yield message("Lasting effect"), _waves(pilot.lasting_waves, voice)
    yield message("Estimate"), voice.join(voice.say(estimator_name(primary.estimator)), *_cohorts(release, voice))
    yield message("Whose answers"), voice.say(answers_name(primary.answers))
    yield message("Weighting"), voice.say(weighting_name(primary.weighting))
    yield message("Interval"), voice.say(interval)
    yield message("Precision"), voice.say(_precision(release, voice))
    yield message("Smallest effect worth scaling"), voice.say(worthwhile)
    yield message("Privacy"), voice.say(privacy)
    yield message("Made with"), release.made_with


def _turns(release: Release) -> Message:
    return message(
        "In weeks {weeks} after the launch; outcome and lasting effect are asked as many weeks after each team's own "
        "start as the waves below lie after the launch.",
        weeks=[str(week) for week in release.pilot.start_weeks],
    )


def _cohorts(release: Release, voice: Voice) -> list[str]:
    if len(release.pilot.start_weeks) == 1:
        return []
    sentence = message("Teams are compared only with those that have not started yet; all starts are put together.")
    return [voice.say(sentence)]


def _worthwhile(release: Release, voice: Voice) -> Message:
    pilot = release.pilot
    changes = [change.path for note in release.deviations for change in note.changes]
    values = {
        "sesoi": voice.size(pilot.sesoi_points),
        "lowest": voice.amount(pilot.primary_range[0]),
        "highest": voice.amount(pilot.primary_range[1]),
    }
    if "plan.outcomes.primary.sesoi_points" in changes:
        return message(
            "{sesoi} points on the scale from {lowest} to {highest}; this was changed after the plan was sealed.",
            **values,
        )
    return message("{sesoi} points on the scale from {lowest} to {highest}, agreed before the first answer.", **values)


def _waves(wave_ids: tuple[str, ...], voice: Voice) -> str:
    if not wave_ids:
        return voice.say(message("None planned."))
    return voice.listing([wave_name(wave_id) for wave_id in wave_ids])


def _precision(release: Release, voice: Voice) -> Message:
    estimate = release.primary.between_arms
    if estimate is None:
        return message("No valid estimate.")
    return message(
        "{people} people in {teams} teams; standard error {se} points, {df} degrees of freedom.",
        people=voice.count(estimate.n_people),
        teams=voice.count(estimate.n_teams),
        se=voice.size(estimate.se),
        df=voice.amount(round(estimate.df, 1)),
    )
