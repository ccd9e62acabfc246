"""Items to scale scores, tables to arrays.

Arrays carry a leading replicate axis: the real pilot is one replicate, a rehearsal is thousands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pilot.plan import Arm, Plan, Protocol
from pilot.plan.staggering import start_weeks
from pilot.schema.tables import Tables

FloatArray = NDArray[np.float64]
AnyFloatArray = NDArray[np.floating[Any]]
"""Of single or double precision: answers are read in either."""
BoolArray = NDArray[np.bool_]
CountArray = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Roster:
    """Who belongs where; people are sorted by team.

    Attributes:
        person_ids: Shape (people,).
        team: Index of each person's team, ascending, shape (people,).
        team_ids: Shape (teams,).
        start_week: Week after the launch in which each team starts, infinite for comparison teams, which do not start
            within the study; shape (replicates, teams).
    """

    person_ids: NDArray[np.object_]
    team: NDArray[np.intp]
    team_ids: tuple[str, ...]
    start_week: FloatArray

    @classmethod
    def of_arms(
        cls, person_ids: NDArray[np.object_], team: NDArray[np.intp], team_ids: tuple[str, ...], treated: BoolArray
    ) -> Roster:
        """The roster whose pilot teams all start at the launch; `treated` of shape (replicates, teams)."""
        return cls(person_ids, team, team_ids, np.where(treated, 0.0, np.inf))

    @property
    def treated(self) -> BoolArray:
        """Whether each team is in the pilot arm, shape (replicates, teams)."""
        treated: BoolArray = np.isfinite(self.start_week)
        return treated

    @property
    def person_treated(self) -> BoolArray:
        """Whether each person's team is in the pilot arm, shape (replicates, people)."""
        return self.treated[:, self.team]


@dataclass(frozen=True)
class Panel:
    """What an estimator sees of a pilot.

    Attributes:
        roster: People and teams.
        wave_ids: In order of time.
        invited: Who was on the roster when a wave opened, shape (people, waves).
        scores: Points by scale, NaN where there is no score, shape (replicates, people, waves).
        items: Answers to each item of the primary scale, reverse-keyed ones turned, NaN where missing, each of shape
            (replicates, people, waves).
        measures: Team measures by id in their own unit, NaN where not measured, shape (replicates, teams, waves).
    """

    roster: Roster
    wave_ids: tuple[str, ...]
    invited: BoolArray
    scores: Mapping[str, FloatArray]
    items: tuple[AnyFloatArray, ...]
    measures: Mapping[str, FloatArray]

    def mean_of(self, scale_id: str, wave_ids: tuple[str, ...]) -> FloatArray:
        """Each person's mean over the named waves in which they have a score, shape (replicates, people)."""
        return self.means_of(self.scores[scale_id], wave_ids)[0]

    def means_of(self, values: AnyFloatArray, *wave_sets: tuple[str, ...]) -> tuple[FloatArray, ...]:
        """Each person's means over several sets of waves.

        Args:
            values: Of people and waves, NaN where missing, shape (replicates, people, waves).
            wave_sets: Which waves go into each mean.

        Returns:
            One array a set, shape (replicates, people); NaN where nothing is there, or the set is empty.
        """
        return tuple(self._mean_over(values, waves) for waves in wave_sets)

    def _mean_over(self, values: AnyFloatArray, waves: tuple[str, ...]) -> FloatArray:
        # Wave by wave: those of simulated pilots lie side by side in memory, and the others are not touched.
        chosen = [values[..., place] for place, wave in enumerate(self.wave_ids) if wave in waves]
        if not chosen:
            return np.full(values.shape[:-1], np.nan)
        if len(chosen) == 1:
            return chosen[0].astype(np.float64, order="C")
        total, count = _sum_and_count(chosen)
        with np.errstate(invalid="ignore"):
            return np.divide(total, count, dtype=np.float64)  # 0 / 0 is NaN: there is nothing to take the mean of

    def own_mean_of(self, scale_id: str, wave_ids: tuple[str, ...], plan: Plan) -> FloatArray:
        """The same over the waves as many weeks after the start of each person's team as the named ones after launch.

        Who is held back has no start: for them all waves count that count for some cohort.
        """
        if plan.starts == (0,):
            return self.mean_of(scale_id, wave_ids)
        of_starts = (plan.waves_after(start, wave_ids) for start in plan.starts)
        own, *cohorts = self.means_of(self.scores[scale_id], plan.waves_of_all_starts(wave_ids), *of_starts)
        starts = self.roster.start_week[:, self.roster.team]
        for start, mean in zip(plan.starts, cohorts, strict=True):
            own = np.where(starts == start, mean, own)
        return own


def mean_of_available(values: FloatArray) -> FloatArray:
    """Mean over the last axis of what is there; NaN where nothing is."""
    present = ~np.isnan(values)
    count = present.sum(axis=-1)
    total = np.where(present, values, 0.0).sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _sum_and_count(parts: Sequence[AnyFloatArray]) -> tuple[AnyFloatArray, CountArray]:
    """Sum of a few arrays where they are not NaN, and of how many it is the sum.

    One pass an array: summing over a short last axis is several times slower. The count is as short a number as will
    do, and takes next to no time.
    """
    first, *others = parts
    total, present = _zero_where_missing(first)
    count = present.astype(np.min_scalar_type(len(parts)))
    for part in others:
        filled, present = _zero_where_missing(part)
        total += filled
        count += present
    return total, count


def _zero_where_missing(values: AnyFloatArray) -> tuple[AnyFloatArray, BoolArray]:
    """The values with 0 for NaN, and which are there.

    NaN's bits are set to those of 0, which takes a fifth of the time of `np.where` with a random mask: this is the
    step that a rehearsal spends most of its time in.
    """
    present = ~np.isnan(values)
    bits = np.negative(present.astype(f"i{values.dtype.itemsize}"))  # all ones where there is a value
    bits &= values.view(bits.dtype)
    filled: AnyFloatArray = bits.view(values.dtype)
    return filled, present


def scale_scores(answers: FloatArray, *, reverse_keyed: ArrayLike, lowest: float, highest: float) -> FloatArray:
    """Score a scale as the mean of its answered items, by the half rule.

    A reverse-keyed answer x counts as lowest + highest - x. A person with fewer than half of the items answered
    has no score.

    Args:
        answers: Points, NaN where not answered, shape (..., items).
        reverse_keyed: Whether each item is reverse-keyed, shape (items,).
        lowest: Smallest code.
        highest: Largest code.

    Returns:
        Points, NaN where there is no score, shape (...).
    """
    return score_of(keyed_items(answers, reverse_keyed=reverse_keyed, lowest=lowest, highest=highest))


def keyed_items(
    answers: AnyFloatArray, *, reverse_keyed: ArrayLike, lowest: float, highest: float
) -> tuple[AnyFloatArray, ...]:
    """Answers to each item, reverse-keyed ones turned; arguments as of `scale_scores`."""
    turned = np.asarray(reverse_keyed, dtype=bool)
    return tuple(
        lowest + highest - answers[..., item] if turned[item] else answers[..., item] for item in range(len(turned))
    )


def score_of(items: Sequence[AnyFloatArray]) -> FloatArray:
    """The scale score of keyed answers by the half rule; see `scale_scores`."""
    total, count = _sum_and_count(items)
    fewest = -(-len(items) // 2)
    enough = (count >= fewest).astype(total.dtype)
    with np.errstate(invalid="ignore"):
        # 0 / 0 is NaN: with fewer there is no score. A quarter of the time of choosing value by value.
        enough /= enough
        enough *= count
        return np.divide(total, enough, dtype=np.float64)


@dataclass(frozen=True)
class Questionnaires:
    """What was ticked, and how fast, in the one replicate of a real pilot.

    Attributes:
        answers: As ticked, NaN where missing, shape (1, people, waves, items of the questionnaires).
        seconds: How long answering took, NaN where unknown, shape (1, people, waves).
    """

    answers: FloatArray
    seconds: FloatArray


def questionnaires_of(tables: Tables, panel: Panel, protocol: Protocol) -> Questionnaires:
    """The questionnaires behind a panel."""
    answers = _answer_array(tables.responses, panel.roster, panel.wave_ids, tuple(protocol.instruments.items))
    seconds, handed_in = np.full(answers.shape[:-1], np.nan), tables.submissions
    person = pd.Index(panel.roster.person_ids).get_indexer(pd.Index(handed_in["person_id"]))
    wave = pd.Index(panel.wave_ids).get_indexer(pd.Index(handed_in["wave_id"]))
    kept = (person >= 0) & (wave >= 0)
    seconds[0, person[kept], wave[kept]] = handed_in["seconds"].to_numpy(dtype=float)[kept]
    return Questionnaires(answers, seconds)


def panel_from_tables(
    tables: Tables, protocol: Protocol, assignment: Mapping[str, Arm], starts: Mapping[str, int] | None = None
) -> Panel:
    """The arrays of a real (or simulated) pilot's tables: one replicate.

    Args:
        tables: The tables.
        protocol: The plan and its questionnaires.
        assignment: Arm of each team.
        starts: Week of each pilot team's start; None: at the launch.

    Raises:
        PilotError: a pilot team of a staggered start has no week.
    """
    people = tables.roster.sort_values(["team_id", "person_id"], ignore_index=True)
    team_ids = tuple(sorted(people["team_id"].unique()))
    roster = Roster(
        people["person_id"].to_numpy(dtype=object),
        np.searchsorted(np.array(team_ids, dtype=object), people["team_id"].to_numpy(dtype=object)),
        team_ids,
        start_weeks(protocol.plan, team_ids, assignment, starts)[None],
    )
    wave_ids = protocol.plan.calendar.wave_ids
    answers = _answer_array(tables.responses, roster, wave_ids, tuple(protocol.instruments.items))
    return panel_of_answers(
        answers,
        protocol,
        roster=roster,
        invited=_invited(people, protocol),
        measures=_measures(tables.team_measures, roster, wave_ids),
    )


def _answer_array(
    responses: pd.DataFrame, roster: Roster, wave_ids: tuple[str, ...], item_ids: tuple[str, ...]
) -> FloatArray:
    """Answers of one replicate, shape (1, people, waves, items)."""
    answers = np.full((1, len(roster.person_ids), len(wave_ids), len(item_ids)), np.nan)
    person = pd.Index(roster.person_ids).get_indexer(pd.Index(responses["person_id"]))
    wave = pd.Index(wave_ids).get_indexer(pd.Index(responses["wave_id"]))
    item = pd.Index(item_ids).get_indexer(pd.Index(responses["item_id"]))
    # A recorded deviation may have taken a wave or a questionnaire out of the plan: -1 would be the last one.
    kept = (person >= 0) & (wave >= 0) & (item >= 0)
    answers[0, person[kept], wave[kept], item[kept]] = responses["value"].to_numpy(dtype=float)[kept]
    return answers


def _measures(measured: pd.DataFrame, roster: Roster, wave_ids: tuple[str, ...]) -> dict[str, FloatArray]:
    """Team measures of one replicate, each of shape (1, teams, waves)."""
    arrays = {}
    known = measured["team_id"].isin(roster.team_ids) & measured["wave_id"].isin(wave_ids)
    for measure_id, rows in measured[known].groupby("measure_id"):
        values = np.full((1, len(roster.team_ids), len(wave_ids)), np.nan)
        team = pd.Index(roster.team_ids).get_indexer(pd.Index(rows["team_id"]))
        wave = pd.Index(wave_ids).get_indexer(pd.Index(rows["wave_id"]))
        values[0, team, wave] = rows["value"].to_numpy(dtype=float)
        arrays[str(measure_id)] = values
    return arrays


def panel_of_answers(
    answers: AnyFloatArray,
    protocol: Protocol,
    *,
    roster: Roster,
    invited: BoolArray,
    measures: Mapping[str, FloatArray],
) -> Panel:
    """Score answers, real or simulated.

    Args:
        answers: As ticked, NaN where missing, shape (replicates, people, waves, items of the questionnaires).
        protocol: The plan and its questionnaires.
        roster: People and teams.
        invited: See `Panel`.
        measures: See `Panel`.
    """
    places = {item_id: place for place, item_id in enumerate(protocol.instruments.items)}
    keyed: dict[str, tuple[AnyFloatArray, ...]] = {}
    for scale_id, scale in protocol.instruments.scales.items():
        if scale.kind == "check":  # shows who reads, and measures nothing
            continue
        items = protocol.instruments.items_of(scale_id)
        lowest, highest = protocol.instruments.range_of(scale_id)
        keyed[scale_id] = keyed_items(
            _columns(answers, [places[item.id] for item in items]),
            reverse_keyed=[item.reversed for item in items],
            lowest=lowest,
            highest=highest,
        )
    return Panel(
        roster=roster,
        wave_ids=protocol.plan.calendar.wave_ids,
        invited=invited,
        scores={scale_id: score_of(items) for scale_id, items in keyed.items()},
        items=keyed[protocol.plan.outcomes.primary.scale],
        measures=measures,
    )


def _columns(answers: AnyFloatArray, places: list[int]) -> AnyFloatArray:
    """Some items; without a copy where they stand side by side."""
    first, last = places[0], places[-1]
    side_by_side = places == list(range(first, last + 1))
    return answers[..., first : last + 1] if side_by_side else answers[..., places]


def _invited(people: pd.DataFrame, protocol: Protocol) -> BoolArray:
    """On the roster on the day a wave opened; an unknown date means before or after all waves."""
    calendar = protocol.plan.calendar
    days = np.array([pd.Timestamp(calendar.wave_on(wave_id)) for wave_id in calendar.wave_ids])
    joined = people["joined_on"].fillna(pd.Timestamp.min.as_unit("us")).to_numpy()[:, None]
    left = people["left_on"].fillna(pd.Timestamp.max.as_unit("us")).to_numpy()[:, None]
    days = days.astype("datetime64[us]")[None, :]
    invited: BoolArray = (joined <= days) & (days < left)
    return invited
