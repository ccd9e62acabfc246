"""The lowest of many: a unit or teams that were picked because of their score in one wave.

The candidates themselves are never drawn. States, shocks and the noise of the answers are normal, so a picked
group is an ordinary one whose score S in that wave is moved to that of the lowest candidates, s, and
everything else with it (conditioning by kriging; Journel & Huijbregts 1978, Mining Geostatistics):

    x | S = s   =   x + cov(x, S) / var(S) * (s - S)

What hangs on that wave alone moves most and is gone in the next: regression to the mean. The noise of the answers is
moved in its mean only, so in that one wave picked teams differ from each other a little more than real ones would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilot.simulate.latent import FloatArray
from pilot.simulate.layout import BoolArray, Layout
from pilot.simulate.world import World

SingleArray = NDArray[np.float32]


@dataclass(frozen=True)
class PickedGroups:
    """The picked groups: one unit, or each pilot team for itself.

    Attributes:
        teams: Share of each team in its group's people, shape (groups, teams).
        people: Weight of each person in the group's mean, shape (groups, people).
    """

    teams: FloatArray
    people: FloatArray


def picked_groups(layout: Layout, *, whole_unit: bool) -> PickedGroups | None:
    """Who was picked; None where nobody can have been, because the lot decides or nobody is there."""
    n_teams = len(layout.team_ids)
    if whole_unit:
        of_teams = (layout.unit == 0)[None]
    elif layout.chosen is None:
        return None
    else:
        of_teams = np.eye(n_teams, dtype=bool)[layout.chosen]
    sizes = np.bincount(layout.team[~layout.joins_later], minlength=n_teams)
    of_teams = of_teams[of_teams @ sizes > 0]
    if not len(of_teams):
        return None
    heads = (of_teams @ sizes)[:, None]
    return PickedGroups(of_teams * sizes / heads, of_teams[:, layout.team] * ~layout.joins_later / heads)


def pick_lowest(
    world: World, groups: PickedGroups, state: SingleArray, shocks: SingleArray | None, rng: np.random.Generator
) -> SingleArray:
    """Turn ordinary people into the picked ones.

    Args:
        world: The solved scenario, with a part `picked`.
        groups: Who was picked.
        state: States behind the primary scale, shape (replicates, people, waves); changed in place.
        shocks: Of the units, shape (replicates, units, waves); changed in place.
        rng: Source of every random number.

    Returns:
        Bad luck in answering that wave, in units of the state, shape (replicates, people).
    """
    picked, primary = world.scenario.picked, world.scales[0]
    assert picked is not None  # noqa: S101 (for the type checker)
    n_replicates, n_groups, wave = len(state), len(groups.teams), world.picked_in
    team_cov = world.correlations.team_covariance(world.layout.weeks)[wave]
    own_cov = world.correlations.person_covariance(world.layout.weeks)[wave]
    noise = 1 / primary.model.reliability - 1
    # A unit's score moves with its shocks; teams are picked from within units.
    shocked = shocks is not None and picked.what == "unit"
    shock_sd = float(primary.course.shock_sd[wave] / primary.model.trait_sd) if shocked else 0.0

    own_share = (groups.people**2).sum(axis=1)  # one over the heads
    variance = team_cov[wave] * (groups.teams**2).sum(axis=1) + (own_cov[wave] + noise) * own_share + shock_sd**2
    score = state[..., wave] @ groups.people.T.astype(np.float32)
    score = score + np.sqrt(noise * own_share) * rng.standard_normal((n_replicates, n_groups))
    if shocked and shocks is not None:
        score += shock_sd * shocks[:, :1, wave]
    lowest = _lowest(rng, n_replicates, n_groups, picked.candidates_per_place)
    pull = (np.sqrt(variance) * lowest - score) / variance

    of_team = (pull @ groups.teams)[:, world.layout.team].astype(np.float32)
    of_person = (pull @ groups.people).astype(np.float32)
    state += of_team[..., None] * team_cov.astype(np.float32)
    state += of_person[..., None] * own_cov.astype(np.float32)
    if shocked and shocks is not None:
        shocks[:, 0] += (shock_sd * pull * world.shock_correlation[wave]).astype(np.float32)
    bad_luck: SingleArray = of_person * np.float32(noise)
    return bad_luck


def _lowest(rng: np.random.Generator, n_replicates: int, n_places: int, candidates_per_place: int) -> FloatArray:
    """The lowest of all candidates, in units of their standard deviation, in random order, (replicates, places)."""
    candidates = rng.standard_normal((n_replicates, n_places * candidates_per_place))
    lowest: FloatArray = np.partition(candidates, n_places - 1, axis=1)[:, :n_places]
    return rng.permuted(lowest, axis=1)


def star_teams(treated: BoolArray, rng: np.random.Generator) -> BoolArray:
    """One pilot team of each replicate, shape (replicates, teams); none where there is no pilot team."""
    order = np.where(treated, rng.random(treated.shape), -1.0)
    stars: BoolArray = treated & (order == order.max(axis=1, keepdims=True, initial=-1.0))
    return stars
