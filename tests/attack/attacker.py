"""An attacker who has every release ever published, and knows of everybody whether they answered, but not what.

The unknowns are each person's score in each wave (each team's value of a measure). A published mean, effect or
difference of means is a linear equation in them; that of ANCOVA is one as soon as its slope is known, and the attacker
is given the slope. Two attacks:

- `determined_groups`: is anything determined that fewer people than the minimum stand behind? Exact: rounding is left
  out of account, which helps the attacker. A linear combination of the equations that is about the people of G only
  exists if the equations, without the columns of G, lose rank.
- `tightest_bound`: between which bounds must one person's score lie, given the range of the scale and that what is
  published is rounded? By linear programming. People whom every equation treats alike are one unknown, their sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import linprog

from tests.attack.units import HIGHEST, HOURS, LOWEST, PRIMARY, SECONDARY, Shown, Unit

ROUNDED_TO = 0.0005
TOLERANCE = 1e-8
SMALLEST_SINGULAR = 1e-7


@dataclass(frozen=True)
class Equation:
    """A published figure as a linear combination of unknowns.

    Attributes:
        about: Which figure, for a failing test.
        coefficients: By scale (measure), shape (people or teams, waves).
        value: As published.
        is_linear: Whether it holds without knowledge that nobody published.
    """

    about: str
    coefficients: dict[str, np.ndarray]
    value: float
    is_linear: bool = True


def equations_of_people(unit: Unit) -> list[Equation]:
    """All that was published about people's scores."""
    return [equation for shown in unit.shown for equation in _of_people(shown)]


def equations_of_teams(unit: Unit) -> list[Equation]:
    """All that was published about managers' hours."""
    return [equation for shown in unit.shown for equation in _of_teams(shown)]


class _Answers:
    """Who answered what in one release, and how much each of them counts in what is published."""

    def __init__(self, shown: Shown) -> None:
        self.panel, self.plan, self.release = shown.panel, shown.plan, shown.release
        self.team = self.panel.roster.team
        self.treated = self.panel.roster.person_treated[0]
        self.arms = {"pilot": self.treated, "comparison": ~self.treated}
        self.linked = self.start(PRIMARY).any(axis=1) & self.end(PRIMARY, self.plan.analysis.outcome).any(axis=1)

    def waves(self, scale: str, waves: Iterable[str]) -> np.ndarray:
        """How much each wave counts in a person's mean over some waves, shape (people, waves)."""
        there = ~np.isnan(self.panel.scores[scale][0]) & np.isin(self.panel.wave_ids, tuple(waves))
        return there / np.maximum(there.sum(axis=1, keepdims=True), 1)

    def start(self, scale: str) -> np.ndarray:
        return self.waves(scale, self.plan.analysis.baseline)

    def end(self, scale: str, waves: Iterable[str]) -> np.ndarray:
        return self.waves(scale, waves)

    def weights(self, among: np.ndarray, *, by_team: bool | None = None) -> np.ndarray:
        """How much each of some people counts in their mean, shape (people,)."""
        if by_team is None:
            by_team = self.plan.analysis.weighting == "team"
        if not by_team:
            return among / max(among.sum(), 1)
        size = np.bincount(self.team, weights=among)
        return among / np.maximum(size[self.team], 1) / max((size > 0).sum(), 1)

    def difference(self, among: dict[str, np.ndarray], parts: np.ndarray, **how: bool) -> np.ndarray:
        """Mean of the pilot less that of the comparison (if anybody is compared), of what each wave counts."""
        row = self.weights(among["pilot"], **how)
        if self.plan.design != "before_after":
            row = row - self.weights(among["comparison"], **how)
        return row[:, None] * parts

    def effect(self, scale: str, waves: Iterable[str], start_among: np.ndarray) -> np.ndarray:
        """The plan's effect on a scale."""
        before, after = self.start(scale) * start_among[:, None], self.end(scale, waves)
        if self.plan.analysis.answers == "all":
            return self.unlinked(before, after)
        both = before.any(axis=1) & after.any(axis=1)
        among = {arm: both & people for arm, people in self.arms.items()}
        slope = self._slope(scale, before, after, both) if self.plan.analysis.estimator == "ancova" else 1.0
        return self.difference(among, after - slope * before)

    def unlinked(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        sides = []
        for parts in (after, before):
            there = {arm: parts.any(axis=1) & people for arm, people in self.arms.items()}
            sides.append(self.difference(there, parts, by_team=False))
        return sides[0] - sides[1]

    def _slope(self, scale: str, before: np.ndarray, after: np.ndarray, both: np.ndarray) -> float:
        """The slope of ANCOVA, which nobody publishes: the attacker is told."""
        if self.plan.design == "before_after":
            return 1.0
        values = np.nan_to_num(self.panel.scores[scale][0])
        x, y = (values * before).sum(axis=1), (values * after).sum(axis=1)
        groups = [both & people for people in self.arms.values()]
        rows = [np.column_stack([*(group for group in groups), x])[both].astype(float), y[both]]
        if self.plan.analysis.weighting == "team":
            of_team = np.array([self.team[both] == team for team in np.unique(self.team[both])], dtype=float)
            of_team /= of_team.sum(axis=1, keepdims=True)
            rows = [of_team @ rows[0], of_team @ rows[1]]
        return float(np.linalg.lstsq(*rows, rcond=None)[0][-1])


def _of_people(shown: Shown) -> Iterator[Equation]:
    answers, release, analysis = _Answers(shown), shown.release, shown.plan.analysis
    everybody = np.ones_like(answers.linked)
    among = everybody if analysis.answers == "all" else answers.linked
    exact = analysis.estimator != "ancova"
    label = f"release {release.number}"
    for wave in release.waves:
        if wave.score.mean is not None:
            parts = answers.waves(PRIMARY, (wave.wave_id,))
            people = parts.any(axis=1) & among & answers.arms[wave.arm]
            assert people.sum() == wave.people.n, "the attacker must count as the release does"
            row = answers.weights(people)[:, None] * parts
            yield Equation(f"{label}: {wave.arm} {wave.wave_id}", {PRIMARY: row}, wave.score.mean)
    effects = [("primary", PRIMARY, analysis.outcome, release.primary.with_drift or release.primary.between_arms)]
    effects.append(("lasting", PRIMARY, analysis.lasting, release.lasting))
    effects += [("secondary", each.scale, analysis.outcome, each.between_arms) for each in release.secondary]
    for name, scale, waves, estimate in effects:
        if estimate is not None:
            row = answers.effect(scale, waves, everybody if name == "primary" else among)
            yield Equation(f"{label}: {name}", {scale: row}, estimate.estimate, exact)
    if analysis.answers == "both":
        row = answers.unlinked(answers.start(PRIMARY), answers.end(PRIMARY, analysis.outcome))
        for value in sorted(_told_of_all_answers(release)):
            yield Equation(f"{label}: of all answers", {PRIMARY: row}, value)


def _told_of_all_answers(release) -> set[float]:
    """The effect of all answers wherever it stands: by itself, and in the sentences of the verdict."""
    told = {release.of_all_answers.estimate} if release.of_all_answers else set()
    primary = release.primary.with_drift
    for finding in release.verdict.findings:
        estimate = finding.values.get("estimate")
        if estimate is not None and (finding.code == "all_answers" or primary is None or estimate != primary.estimate):
            told.add(estimate)
    return told


def _of_teams(shown: Shown) -> Iterator[Equation]:
    panel, weeks = shown.panel, np.array([wave.week for wave in shown.plan.calendar.waves])
    there = ~np.isnan(panel.measures[HOURS][0])

    def over(waves: np.ndarray) -> np.ndarray:
        chosen = there & waves
        return chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1)

    before, after = over(weeks <= 0), over(weeks > 0)
    both = before.any(axis=1) & after.any(axis=1)
    treated = panel.roster.treated[0]

    def mean(teams: np.ndarray) -> np.ndarray:
        return (teams / max(teams.sum(), 1))[:, None]

    for outcome in shown.release.guardrails:
        label = f"release {shown.release.number}: {outcome.measure}"
        if outcome.mean_before is not None:
            yield Equation(f"{label} before", {HOURS: mean(both & treated) * before}, outcome.mean_before)
            yield Equation(f"{label} after", {HOURS: mean(both & treated) * after}, outcome.mean_after)
        if outcome.worsening is not None:
            contrast = mean(both & treated)
            if shown.plan.design != "before_after":
                contrast = contrast - mean(both & ~treated)
            yield Equation(f"{label} worse", {HOURS: contrast * (after - before)}, outcome.worsening.estimate)


@dataclass(frozen=True)
class _System:
    """Equations with the unknowns that they treat alike put together.

    Attributes:
        matrix: Shape (equations, classes).
        members: By class, who is in it (each once for each wave).
        truth: By class, the sum of the true values.
    """

    matrix: np.ndarray
    members: list[list[int]]
    truth: np.ndarray


def _system(equations: list[Equation], values: dict[str, np.ndarray]) -> _System:
    names = sorted({name for equation in equations for name in equation.coefficients})
    empty = {name: np.zeros(values[name].shape[1:]) for name in names}
    rows = [np.concatenate([({**empty, **each.coefficients})[name].ravel() for name in names]) for each in equations]
    matrix = np.array(rows)
    who = np.concatenate([np.repeat(np.arange(empty[name].shape[0]), empty[name].shape[1]) for name in names])
    true = np.concatenate([values[name][0].ravel() for name in names])
    used = np.abs(matrix).max(axis=0) > TOLERANCE
    columns, place = np.unique(np.round(matrix[:, used], 10), axis=1, return_inverse=True)
    members: list[list[int]] = [[] for _ in range(columns.shape[1])]
    totals = np.zeros(columns.shape[1])
    for person, value, column in zip(who[used], true[used], place.ravel(), strict=True):
        members[column].append(int(person))
        totals[column] += value
    return _System(columns, members, totals)


def determined_groups(equations: list[Equation], values: dict[str, np.ndarray], minimum: int) -> list[tuple[int, ...]]:
    """Groups of fewer than the minimum that something about is determined; the smallest first."""
    if not equations:
        return []
    system = _system(equations, values)
    classes: dict[int, set[int]] = {}
    for column, people in enumerate(system.members):
        for person in people:
            classes.setdefault(person, set()).add(column)
    profiles: dict[frozenset[int], list[int]] = {}
    for person, columns in classes.items():
        profiles.setdefault(frozenset(columns), []).append(person)
    # Who has doubles cannot be singled out: a combination about one of them is about all of them.
    small = [people for people in profiles.values() if len(people) < minimum]
    suspects = {person for people in small for person in people}
    outside = [column for column, people in enumerate(system.members) if not suspects.issuperset(people)]
    left, rank = np.linalg.svd(system.matrix[:, outside])[0], np.linalg.matrix_rank(system.matrix[:, outside], tol=1e-7)
    silent_outside = left[:, rank:].T @ system.matrix
    if not silent_outside.size or np.abs(silent_outside).max() < TOLERANCE * 100:
        return []
    return _supports(silent_outside, system, small, minimum)


def _supports(rows: np.ndarray, system: _System, small: list[list[int]], minimum: int) -> list[tuple[int, ...]]:
    """Groups of fewer than the minimum that some combination of the rows is about alone.

    With orthonormal rows there is one where the columns of the group have a singular value of 1; their squares must
    add up to 1 at least, which few groups reach. Columns that somebody outside every such group is in help none.
    """
    _, scale, basis = np.linalg.svd(rows, full_matrices=False)
    basis = basis[: int((scale > SMALLEST_SINGULAR).sum())]
    squares = (basis**2).sum(axis=0)
    suspects = {person for people in small for person in people}
    within = {column: frozenset(people) for column, people in enumerate(system.members)}
    within = {column: people for column, people in within.items() if len(people) < minimum and people <= suspects}
    told = dict.fromkeys(suspects, 0.0)  # by person: how much the columns have that the person is in
    for column, people in within.items():
        for person in people:
            told[person] += squares[column]
    small = sorted((people for people in small if told[people[0]] > TOLERANCE), key=len)
    found: list[tuple[int, ...]] = []
    for n_profiles in range(1, minimum):
        for chosen in combinations(small, n_profiles):
            if sum(map(len, chosen)) >= minimum or sum(told[people[0]] for people in chosen) < 1 - 1e-6:
                continue
            group = {person for people in chosen for person in people}
            columns = [column for column, people in within.items() if people <= group]
            reached = np.linalg.norm(basis[:, columns], 2) if columns else 0.0
            if reached > 1 - 1e-7 and not any(group.issuperset(each) for each in found):
                found.append(tuple(sorted(group)))
    return found


def tightest_bound(equations: list[Equation], values: dict[str, np.ndarray]) -> float:
    """The narrowest range that the attacker can put one person's score in one wave into, points."""
    known = [equation for equation in equations if equation.is_linear]
    if not known:
        return HIGHEST - LOWEST
    system = _system(known, values)
    sizes = np.array([len(people) for people in system.members])
    published = np.array([equation.value for equation in known])
    half = (HIGHEST - LOWEST) / 2
    near_top, near_bottom = system.truth > sizes * HIGHEST - half, system.truth < sizes * LOWEST + half
    tightest = HIGHEST - LOWEST
    # Of several people alike each can only be near an end if all of them together are, in truth as in every solution.
    for column in np.flatnonzero((sizes == 1) | near_top | near_bottom):
        lowest, highest = (_extreme(system, sizes, published, column, sign) for sign in (1.0, -1.0))
        others = sizes[column] - 1
        lower = max(LOWEST, lowest - others * HIGHEST)
        upper = min(HIGHEST, highest - others * LOWEST)
        tightest = min(tightest, upper - lower)
    return float(tightest)


def _extreme(system: _System, sizes: np.ndarray, published: np.ndarray, column: int, sign: float) -> float:
    goal = np.zeros(len(sizes))
    goal[column] = sign
    slack = ROUNDED_TO + 1e-6
    solved = linprog(
        goal,
        A_ub=np.vstack([system.matrix, -system.matrix]),
        b_ub=np.concatenate([published + slack, slack - published]),
        bounds=np.column_stack([sizes * LOWEST, sizes * HIGHEST]),
        method="highs",
    )
    assert solved.status == 0, solved.message
    return sign * float(solved.fun)


def scores_of(unit: Unit) -> dict[str, np.ndarray]:
    """The true scores, for the equations about people."""
    return {scale: unit.truth.scores[scale] for scale in (PRIMARY, SECONDARY)}
