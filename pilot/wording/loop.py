"""How the loop was run, mechanism by mechanism: before and since the launch, pilot beside comparison."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from pilot.i18n import Language, Message, message
from pilot.loop import HOURS, IndicatorCode, Period
from pilot.plan import Arm
from pilot.plan.model import ARMS
from pilot.publication import Release
from pilot.publication.release import Bound, ShownIndicator
from pilot.wording.names import arm_name, withheld_reason
from pilot.wording.tables import labelled_table
from pilot.wording.voice import Voice

MECHANISMS: tuple[IndicatorCode, ...] = (
    "co_created_goals",
    "one_to_ones_kept",
    "feedback_with_next_step",
    "plans_complete",
)
"""The indicators that are shares, in the order in which the loop runs."""


def mechanism_name(code: IndicatorCode) -> Message:
    """An indicator in a few words."""
    names: Mapping[IndicatorCode, Message] = {
        "co_created_goals": message("People with a goal of their own making"),
        "one_to_ones_kept": message("Months with a one-to-one"),
        "feedback_with_next_step": message("Feedback that names a next step"),
        "plans_complete": message("People with a whole development plan"),
        "conversation_hours": message("Hours in conversation a person and week"),
    }
    return names[code]


def indicator_of(release: Release, code: IndicatorCode, arm: Arm, period: Period) -> ShownIndicator | None:
    """What the release says of a mechanism in an arm and period; None: nothing."""
    wanted = (code, arm, period)
    return next((each for each in release.loop if (each.code, each.arm, each.period) == wanted), None)


def mechanisms_of(release: Release) -> tuple[IndicatorCode, ...]:
    """The mechanisms, hours apart, that the release has anything about."""
    present = {each.code for each in release.loop}
    return tuple(code for code in MECHANISMS if code in present)


def indicator_text(indicator: ShownIndicator | None, voice: Voice) -> str:
    """A value as it is read, or why it is not shown."""
    if indicator is None or indicator.value is None:
        return voice.say(withheld_reason(indicator.withheld if indicator else "no_records"))
    if indicator.code == HOURS:
        return voice.amount(round(indicator.value, 2))
    share = voice.percent(indicator.value)
    bounds: Mapping[Bound | None, Message | str] = {
        "at_least": message("at least {share}", share=share),
        "at_most": message("at most {share}", share=share),
        None: share,
    }
    said = bounds[indicator.bound]
    return said if isinstance(said, str) else voice.say(said)


def loop_sentence(release: Release, language: Language) -> str:
    """The finding: how many mechanisms rose by more than in the comparison; or that nothing was recorded."""
    voice = Voice(language)
    codes = mechanisms_of(release)
    if not codes:
        return voice.say(message("How the loop was run was not recorded: no practice was imported."))
    changes = {code: _changes(release, code) for code in codes}
    if all(change.get("pilot") is None for change in changes.values()):
        return voice.say(message("How the loop was run cannot be shown here; the table says why."))
    if any("comparison" in change for change in changes.values()):
        n_ahead = sum(_ahead(change) for change in changes.values())
        n_known = sum(None not in change.values() and len(change) > 1 for change in changes.values())
        if n_known:
            return voice.say(
                message(
                    "Since the launch the pilot teams moved ahead of the comparison in {n} of {all} parts of the loop.",
                    n=voice.count(n_ahead),
                    all=voice.count(n_known),
                )
            )
    known = [change["pilot"] for change in changes.values() if change.get("pilot") is not None]
    n_up = sum(change > 0 for change in known if change is not None)
    return voice.say(
        message(
            "Since the launch the pilot teams do more in {n} of {all} parts of the loop; nobody can be compared.",
            n=voice.count(n_up),
            all=voice.count(len(known)),
        )
    )


def _changes(release: Release, code: IndicatorCode) -> dict[Arm, float | None]:
    """Since less before, by arm: the sign is read, the number is not shown."""
    changes: dict[Arm, float | None] = {}
    for arm in ARMS:
        before, since = (indicator_of(release, code, arm, period) for period in ("before", "since"))
        if before and since:
            shown = before.value is not None and since.value is not None
            changes[arm] = (since.value or 0.0) - (before.value or 0.0) if shown else None
    return changes


def _ahead(change: Mapping[Arm, float | None]) -> bool:
    pilot, comparison = change.get("pilot"), change.get("comparison")
    return pilot is not None and comparison is not None and pilot > comparison


def loop_sentences(release: Release, language: Language) -> tuple[str, ...]:
    """A line for each mechanism: pilot from, to; beside it the comparison."""
    voice = Voice(language)
    codes = (*mechanisms_of(release), *((HOURS,) if _has(release, HOURS) else ()))
    return tuple(voice.say(_line(release, code, voice)) for code in codes)


def _has(release: Release, code: IndicatorCode) -> bool:
    return any(each.code == code for each in release.loop)


def _line(release: Release, code: IndicatorCode, voice: Voice) -> Message:
    return message("{name}: {arms}.", name=mechanism_name(code), arms=list(_arms(release, code, voice)))


def _arms(release: Release, code: IndicatorCode, voice: Voice) -> Iterator[Message]:
    for arm in ARMS:
        before, since = (indicator_of(release, code, arm, period) for period in ("before", "since"))
        if before or since:
            yield message(
                "{arm} {before} → {since}",
                arm=arm_name(arm),
                before=indicator_text(before, voice),
                since=indicator_text(since, voice),
            )


def loop_table(release: Release, language: Language) -> pd.DataFrame:
    """Every mechanism, arm and period; empty where no practice was imported."""
    voice = Voice(language)
    columns = [
        message("Part of the loop"),
        message("Arm"),
        message("Before the launch"),
        message("Since the launch"),
        message("People"),
    ]
    rows = [
        _row(release, code, arm, voice)
        for code in (*MECHANISMS, HOURS)
        for arm in ARMS
        if any(each.code == code and each.arm == arm for each in release.loop)
    ]
    return labelled_table(columns, rows, voice)


def _row(release: Release, code: IndicatorCode, arm: Arm, voice: Voice) -> list[str]:
    before, since = (indicator_of(release, code, arm, period) for period in ("before", "since"))
    people = since.people if since else None
    n_people = voice.say(withheld_reason(people.withheld if people else None))
    return [
        voice.say(mechanism_name(code)),
        voice.say(arm_name(arm)),
        indicator_text(before, voice),
        indicator_text(since, voice),
        n_people if people is None or people.n is None else voice.count(people.n),
    ]


def fidelity_sentence(release: Release, language: Language) -> str:
    """How far the practice was run as designed, against the plan's floor."""
    voice, fidelity = Voice(language), release.fidelity
    if fidelity.floor_pct is None:
        return voice.say(message("The plan sets no floor for how far the practice has to be run."))
    if fidelity.status == "not_measured":
        return voice.say(message("Whether the practice was really run was not measured."))
    floor = voice.percent(fidelity.floor_pct)
    if fidelity.mean_pct is None:
        if fidelity.status == "reached":
            return voice.say(
                message("The plan's floor of {floor} is reached; too few teams to show by how much.", floor=floor)
            )
        return voice.say(
            message("The plan's floor of {floor} is not reached; too few teams to show by how much.", floor=floor)
        )
    mean = voice.percent(fidelity.mean_pct)
    if fidelity.status == "reached":
        return voice.say(
            message(
                "{mean} of the practice was run as designed; the plan's floor of {floor} is reached.",
                mean=mean,
                floor=floor,
            )
        )
    return voice.say(
        message(
            "{mean} of the practice was run as designed; the plan's floor of {floor} is not reached.",
            mean=mean,
            floor=floor,
        )
    )
