"""A sheet for each scale and wave: how well the answers measure, before anything is decided on them.

The waves of one scale are the replicates of one call: everything in `pilot.psychometrics` is computed for all of them
at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pilot.analysis.fitness import judged
from pilot.analysis.invariance import FEWEST_ITEMS, FEWEST_PEOPLE, RULE, finding_of, fit_of
from pilot.analysis.single import finite
from pilot.instruments import Item, Scale
from pilot.instruments.model import MOST_TICKED
from pilot.plan import Protocol
from pilot.plan.model import ARMS
from pilot.psychometrics import (
    IntraclassCorrelation,
    Invariance,
    OneFactor,
    Reliability,
    WithinTeamAgreement,
    intraclass_correlation,
    invariance_across_groups,
    invariance_across_waves,
    omega_interval,
    one_factor_of_answers,
    scale_reliability,
    uniform_variance,
    within_team_agreement,
)
from pilot.result.sheets import (
    Bin,
    Bounded,
    Comparison,
    InvarianceFinding,
    ItemLine,
    ScaleSheet,
    TeamAgreement,
)
from pilot.schema.tables import Tables
from pilot.scores import BoolArray, FloatArray, Panel, Questionnaires, keyed_items, score_of

LANGUAGES = ("zh", "en")
N_BINS = 8
CONFIDENCE_PCT = 95.0
FEWEST_TEAMS = 5  # with fewer, agreement within teams is about those teams
NO_GROUP = -1

Group = Literal["everybody", "linked"]


@dataclass(frozen=True)
class _Asked:
    """The answers to one scale in the waves that asked it: a wave is a replicate.

    Attributes:
        scale: The scale.
        items: Its items.
        waves: Places of the waves in the panel.
        answers: Points, reverse-keyed items turned, NaN where missing, shape (waves, people, items).
        scores: Points, NaN where there is no score, shape (waves, people).
        lowest: Smallest code.
        highest: Largest code.
        whole_numbers: Whether only whole codes can be answered.
    """

    scale: Scale
    items: tuple[Item, ...]
    waves: tuple[int, ...]
    answers: FloatArray
    scores: FloatArray
    lowest: float
    highest: float
    whole_numbers: bool

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Ids of the items, in order."""
        return tuple(item.id for item in self.items)

    @property
    def has_structure(self) -> bool:
        """Whether the items are signs of one thing, so that reliability and a factor can be asked for."""
        return self.scale.kind == "reflective" and len(self.items) > 1


def languages_of(tables: Tables, panel: Panel) -> NDArray[np.intp]:
    """In which language each questionnaire was answered: place in `LANGUAGES`, -1 if unknown, shape (people, waves)."""
    known = np.full((len(panel.roster.person_ids), len(panel.wave_ids)), NO_GROUP, dtype=np.intp)
    handed_in = tables.submissions
    if "language" not in handed_in:
        return known
    person = pd.Index(panel.roster.person_ids).get_indexer(pd.Index(handed_in["person_id"]))
    wave = pd.Index(panel.wave_ids).get_indexer(pd.Index(handed_in["wave_id"]))
    language = pd.Index(LANGUAGES).get_indexer(pd.Index(handed_in["language"]))
    kept = (person >= 0) & (wave >= 0)
    known[person[kept], wave[kept]] = language[kept]
    return known


def scale_sheets(
    questionnaires: Questionnaires,
    languages: NDArray[np.intp],
    panel: Panel,
    protocol: Protocol,
) -> tuple[ScaleSheet, ...]:
    """The sheets of every scale in every wave that asked it, of everybody who answered.

    Args:
        questionnaires: What was ticked.
        languages: See `languages_of`.
        panel: Whose answers they are.
        protocol: The plan and its questionnaires.
    """
    everybody = np.ones(len(panel.roster.team), dtype=np.bool_)
    scales = (scale for scale in protocol.instruments.scales.values() if scale.kind != "check")
    return tuple(
        sheet
        for scale in scales
        for sheet in _sheets_of(scale, questionnaires, languages, panel, protocol, everybody, "everybody")
    )


def linked_sheets(questionnaires: Questionnaires, panel: Panel, protocol: Protocol) -> tuple[ScaleSheet, ...]:
    """The sheets of the primary scale in the baseline and outcome waves, of linked people with a score: for release.

    Whoever has another score in the panel, because answers were held back, is left out: those answers are not out yet.
    """
    plan = protocol.plan
    primary = plan.outcomes.primary.scale
    before, after = (
        panel.mean_of(primary, plan.analysis.baseline),
        panel.own_mean_of(primary, plan.analysis.outcome, plan),
    )
    linked: BoolArray = np.isfinite(before + after)[0]
    if not linked.any():
        return ()
    shown = {*plan.analysis.baseline, *plan.waves_of_all_starts(plan.analysis.outcome)}
    scale = protocol.instruments.scales[primary]
    everybody = _asked(scale, questionnaires, protocol, linked)
    gone = np.ones(questionnaires.answers.shape[:3], dtype=np.bool_)
    for place, wave in enumerate(everybody.waves):
        gone[0, :, wave] = ~np.isclose(everybody.scores[place], panel.scores[primary][0, :, wave])
    kept = replace(questionnaires, answers=np.where(gone[..., None], np.nan, questionnaires.answers))
    unknown = np.full((len(panel.roster.team), len(panel.wave_ids)), NO_GROUP, dtype=np.intp)
    sheets = _sheets_of(scale, kept, unknown, panel, protocol, linked, "linked")
    return tuple(sheet for sheet in sheets if sheet.wave_id in shown)


def _sheets_of(
    scale: Scale,
    questionnaires: Questionnaires,
    languages: NDArray[np.intp],
    panel: Panel,
    protocol: Protocol,
    people: BoolArray,
    group: Group,
) -> Iterator[ScaleSheet]:
    asked = _asked(scale, questionnaires, protocol, people)
    if not asked.waves:
        return
    reliability = scale_reliability(
        asked.answers,
        reverse_keyed=np.zeros(len(asked.items), dtype=np.bool_),  # turned already
        lowest=asked.lowest,
        highest=asked.highest,
        confidence_pct=CONFIDENCE_PCT,
    )
    factor = one_factor_of_answers(asked.answers) if asked.has_structure else None
    findings = _invariance(asked, languages, panel, protocol)
    agreement = _agreements(asked, panel)
    for place, wave in enumerate(asked.waves):
        invited = people if group == "linked" else panel.invited[:, wave]
        yield judged(
            ScaleSheet(
                scale=scale.id,
                name=scale.name,
                kind=scale.kind,
                wave_id=panel.wave_ids[wave],
                group=group,
                n_invited=int(invited.sum()),
                **_counts(asked, reliability, place),
                bins=_bins(asked, place),
                items=_item_lines(asked, reliability, factor, place),
                alpha=_alpha(reliability, place) if asked.has_structure else None,
                omega=_omega(reliability, factor, place) if factor else None,
                factor=fit_of(factor.indices, place) if factor and len(asked.items) >= FEWEST_ITEMS else None,
                invariance=tuple(each[place] for each in findings if place in each),
                agreement=agreement[place],
                fitness="with_care",
                reasons=(),
            )
        )


def _asked(scale: Scale, questionnaires: Questionnaires, protocol: Protocol, people: BoolArray) -> _Asked:
    instruments = protocol.instruments
    items = instruments.items_of(scale.id)
    places = [list(instruments.items).index(item.id) for item in items]
    lowest, highest = instruments.range_of(scale.id)
    ticked = np.where(people[:, None, None], questionnaires.answers[0][..., places], np.nan)
    turned = keyed_items(ticked, reverse_keyed=[item.reversed for item in items], lowest=lowest, highest=highest)
    by_wave = np.moveaxis(np.stack(turned, axis=-1).astype(np.float64), 1, 0)
    waves = tuple(int(wave) for wave in np.flatnonzero(~np.isnan(by_wave).all(axis=(1, 2))))
    answers = by_wave[list(waves)]
    return _Asked(
        scale=scale,
        items=items,
        waves=waves,
        answers=answers,
        scores=score_of(tuple(np.moveaxis(answers, -1, 0))),
        lowest=lowest,
        highest=highest,
        whole_numbers=all(instruments.answers_of(item.id).whole_numbers for item in items),
    )


def _counts(asked: _Asked, reliability: Reliability, place: int) -> Mapping[str, float | int | None]:
    scores = asked.scores[place]
    known = scores[~np.isnan(scores)]
    return {
        "n_answered": int(reliability.n[place]),
        "n_scored": len(known),
        "n_complete": int(reliability.n_complete[place]),
        "missing_pct": _percent(reliability.missing_share[place]),
        "lowest": asked.lowest,
        "highest": asked.highest,
        "mean": float(known.mean()) if len(known) else None,
        "sd": float(known.std(ddof=1)) if len(known) > 1 else None,
        "floor_pct": _percent(reliability.floor_share[place]),
        "ceiling_pct": _percent(reliability.ceiling_share[place]),
    }


def _bins(asked: _Asked, place: int) -> tuple[Bin, ...]:
    """A bin for each option of a single item, else bins of equal width."""
    scores = asked.scores[place]
    n_options = round(asked.highest - asked.lowest) + 1
    if len(asked.items) == 1 and asked.whole_numbers and n_options <= MOST_TICKED:
        edges = asked.lowest - 0.5 + np.arange(n_options + 1)
    else:
        edges = np.linspace(asked.lowest, asked.highest, N_BINS + 1)
    counts, _ = np.histogram(scores[~np.isnan(scores)], bins=edges)
    return tuple(
        Bin(lower=float(lower), upper=float(upper), n=int(n))
        for lower, upper, n in zip(edges[:-1], edges[1:], counts, strict=True)
    )


def _item_lines(asked: _Asked, reliability: Reliability, factor: OneFactor | None, place: int) -> tuple[ItemLine, ...]:
    of = reliability.items
    return tuple(
        ItemLine(
            item=item.id,
            text=item.text,
            reversed=item.reversed,
            n=int(of.n[place, column]),
            missing_pct=_percent(of.missing_share[place, column]),
            mean=finite(of.mean[place, column]),
            sd=finite(of.sd[place, column]),
            corrected_item_total=finite(of.corrected_item_total[place, column]) if factor else None,
            loading=finite(factor.standardised_loadings[place, column]) if factor else None,
            floor_pct=_percent(of.floor_share[place, column]),
            ceiling_pct=_percent(of.ceiling_share[place, column]),
        )
        for column, item in enumerate(asked.items)
    )


def _alpha(reliability: Reliability, place: int) -> Bounded | None:
    return _bounded(
        reliability.cronbach_alpha[place],
        reliability.cronbach_alpha_lower[place],
        reliability.cronbach_alpha_upper[place],
    )


def _omega(reliability: Reliability, factor: OneFactor, place: int) -> Bounded | None:
    lower, upper = omega_interval(factor, confidence_pct=CONFIDENCE_PCT)
    return _bounded(reliability.mcdonald_omega[place], lower[place], upper[place])


def _bounded(estimate: float, lower: float, upper: float) -> Bounded | None:
    value = finite(estimate)
    return None if value is None else Bounded(estimate=value, lower=finite(lower), upper=finite(upper))


def _invariance(
    asked: _Asked, languages: NDArray[np.intp], panel: Panel, protocol: Protocol
) -> list[dict[int, InvarianceFinding]]:
    """Findings by place of the wave: against the baseline, across arms, across languages; what can be compared."""
    if not asked.has_structure or len(asked.items) < FEWEST_ITEMS:
        return []
    arm = np.where(panel.roster.person_treated[0], ARMS.index("pilot"), ARMS.index("comparison"))
    tongue = languages[:, list(asked.waves)].T
    return [
        _against_baseline(asked, panel, protocol),
        _across(asked, "arms", np.broadcast_to(arm, asked.scores.shape), ARMS),
        _across(asked, "languages", tongue, LANGUAGES),
    ]


def _against_baseline(asked: _Asked, panel: Panel, protocol: Protocol) -> dict[int, InvarianceFinding]:
    """Against the last baseline that asked the scale."""
    baselines = [
        place for place, wave in enumerate(asked.waves) if panel.wave_ids[wave] in protocol.plan.analysis.baseline
    ]
    if not baselines:
        return {}
    first = baselines[-1]
    pairs = {
        place: np.stack([asked.answers[first], asked.answers[place]], axis=1)
        for place in range(len(asked.waves))
        if place != first
    }
    enough = {place: pair for place, pair in pairs.items() if _n_complete(pair) >= FEWEST_PEOPLE}
    if not enough:
        return {}
    ladder = invariance_across_waves(np.stack(list(enough.values())), rule=RULE)
    name = panel.wave_ids[asked.waves[first]]
    return {
        place: finding_of(ladder, row, "waves", (name, panel.wave_ids[asked.waves[place]]), asked.item_ids)
        for row, place in enumerate(enough)
    }


def _across(
    asked: _Asked, across: Comparison, group: NDArray[np.intp], names: tuple[str, ...]
) -> dict[int, InvarianceFinding]:
    """Across groups of different people, shape of `group`: (waves, people)."""
    whole = ~np.isnan(asked.answers).any(axis=-1)
    sizes = np.stack([(whole & (group == place)).sum(axis=1) for place in range(len(names))], axis=1)
    enough = np.flatnonzero((sizes >= FEWEST_PEOPLE).all(axis=1))
    if not len(enough):
        return {}
    ladder: Invariance = invariance_across_groups(asked.answers[enough], group[enough], len(names), rule=RULE)
    return {int(place): finding_of(ladder, row, across, names, asked.item_ids) for row, place in enumerate(enough)}


def _n_complete(pair: FloatArray) -> int:
    return int((~np.isnan(pair).any(axis=(1, 2))).sum())


def _agreements(asked: _Asked, panel: Panel) -> list[TeamAgreement]:
    team, n_teams = panel.roster.team, len(panel.roster.team_ids)
    icc = intraclass_correlation(asked.scores, team, n_teams, confidence_pct=CONFIDENCE_PCT)
    comparable = asked.whole_numbers and (asked.has_structure or len(asked.items) == 1)
    rwg = None
    if comparable:
        options = round(asked.highest - asked.lowest) + 1
        rwg = within_team_agreement(asked.answers, team, n_teams, null_variance=uniform_variance(options))
    return [_agreement(icc, rwg, place) for place in range(len(asked.waves))]


def _agreement(icc: IntraclassCorrelation, rwg: WithinTeamAgreement | None, place: int) -> TeamAgreement:
    n_teams = int(icc.n_teams[place])
    enough = n_teams >= FEWEST_TEAMS
    within = rwg.rwg[place][~np.isnan(rwg.rwg[place])] if rwg else np.empty(0)
    return TeamAgreement(
        n_teams=n_teams,
        icc_1=_bounded(icc.icc_1_n0[place], icc.icc_1_lower[place], icc.icc_1_upper[place]) if enough else None,
        icc_2=_bounded(icc.icc_2[place], icc.icc_2_lower[place], icc.icc_2_upper[place]) if enough else None,
        rwg_median=float(np.median(within)) if len(within) >= FEWEST_TEAMS else None,
        n_teams_rwg=len(within),
    )


def _percent(share: float) -> float | None:
    value = finite(share)
    return None if value is None else 100 * value
