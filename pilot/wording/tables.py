"""Tables for reading: translated labels, numbers as text, withheld cells with their reason."""

from __future__ import annotations

from typing import get_args

import pandas as pd

from pilot.i18n import Language, Message, message
from pilot.publication import Release, Withheld
from pilot.result import EstimateOf, GuardrailOutcome
from pilot.wording.names import withheld_reason
from pilot.wording.voice import Voice


def withheld_texts(language: Language) -> frozenset[str]:
    """What stands in cells that are not shown; views hatch them."""
    return frozenset(withheld_reason(reason).text(language) for reason in get_args(Withheld))


def labelled_table(columns: list[Message], rows: list[list[str]], voice: Voice) -> pd.DataFrame:
    """Rows of text under translated labels."""
    return pd.DataFrame(rows, columns=[voice.say(column) for column in columns], dtype=str)


def guardrail_table(release: Release, language: Language) -> pd.DataFrame:
    """Guardrails and fidelity: what was allowed and what came out."""
    voice = Voice(language)
    columns = [
        message("What was watched"),
        message("Before"),
        message("After"),
        message("Worse by"),
        message("Limit"),
        message("Outcome"),
    ]
    rows = [_guardrail_row(outcome, voice) for outcome in release.guardrails]
    if release.fidelity.floor_pct is not None:
        rows.append(_fidelity_row(release, voice))
    return labelled_table(columns, rows, voice)


def _guardrail_row(outcome: GuardrailOutcome, voice: Voice) -> list[str]:
    measured = outcome.status != "not_measured"
    absent = voice.say(withheld_reason("too_few_people") if measured else message("not measured"))
    statuses = {
        "ruled_out": message("harm ruled out"),
        "kept": message("within the limit"),
        "unproven": message("harm not ruled out"),
        "breached": message("over the limit"),
        "not_measured": message("not measured"),
    }

    def shown(value: float | None) -> str:
        return absent if value is None else voice.amount(value)

    return [
        voice.name(outcome.name),
        shown(outcome.mean_before),
        shown(outcome.mean_after),
        shown(outcome.worsening.estimate if outcome.worsening else None),
        voice.amount(outcome.margin),
        voice.say(statuses[outcome.status]),
    ]


def _fidelity_row(release: Release, voice: Voice) -> list[str]:
    fidelity = release.fidelity
    statuses = {
        "reached": message("floor reached"),
        "below_floor": message("below the floor"),
        "not_measured": message("not measured"),
    }
    if fidelity.mean_pct is not None:
        after = voice.percent(fidelity.mean_pct)
    else:
        measured = fidelity.status != "not_measured"
        after = voice.say(withheld_reason("too_few_people") if measured else message("not measured"))
    floor = voice.percent(fidelity.floor_pct or 0)
    return [
        voice.say(message("Share of the practice run as designed")),
        "–",
        after,
        "–",
        voice.say(message("at least {floor}", floor=floor)),
        voice.say(statuses[fidelity.status]),
    ]


def effect_table(release: Release, language: Language) -> pd.DataFrame:
    """Effects on every scale, and on the primary one at the follow-ups."""
    voice = Voice(language)
    columns = [
        message("What was asked about"),
        message("Best estimate"),
        message("Lowest that fits"),
        message("Highest that fits"),
        message("People"),
        message("Teams"),
    ]
    name = voice.name(release.pilot.primary_name)
    rows = [_effect_row(name, release.primary.with_drift, voice)]
    if release.pilot.lasting_waves:
        label = voice.say(message("{name}, at the follow-up", name=name))
        rows.append(_effect_row(label, release.lasting, voice))
    rows += [_effect_row(voice.name(effect.name), effect.with_drift, voice) for effect in release.secondary]
    return labelled_table(columns, rows, voice)


def _effect_row(name: str, estimate: EstimateOf | None, voice: Voice) -> list[str]:
    if estimate is None:
        absent = message("not shown: too few people or teams, or it would give away a small group")
        return [name, *[voice.say(absent)] * 5]
    return [
        name,
        voice.effect(estimate.estimate),
        voice.effect(estimate.lower),
        voice.effect(estimate.upper),
        voice.count(estimate.n_people),
        voice.count(estimate.n_teams),
    ]
