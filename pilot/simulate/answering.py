"""People answer: who is there, who responds, in what state, with how much care.

Everything works on a block of replicates. Draws are single precision, which halves their cost and is far finer
than a five-point answer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from pilot.simulate.correlation import HALF_YEAR_WEEKS
from pilot.simulate.latent import FloatArray
from pilot.simulate.layout import BoolArray
from pilot.simulate.world import ScaleWorld, World

SingleArray = NDArray[np.float32]


def draw_presence(world: World, rng: np.random.Generator, n_replicates: int) -> tuple[SingleArray, SingleArray]:
    """Week of joining (-inf: before the first wave) and week of leaving, both of shape (replicates, people)."""
    layout, stays = world.layout, world.scenario.stays_on_roster
    joined = np.full((n_replicates, layout.n_people), -np.inf, dtype=np.float32)
    n_joiners = int(layout.joins_later.sum())
    joined[:, layout.joins_later] = rng.uniform(layout.weeks[0], layout.weeks[-1], (n_replicates, n_joiners))
    if stays == 1:
        return joined, np.full_like(joined, np.inf)
    stay = rng.standard_exponential(joined.shape, dtype=np.float32)
    stay *= float(-HALF_YEAR_WEEKS / np.log(stays))
    return joined, np.maximum(joined, float(layout.weeks[0])) + stay


def on_roster(joined_week: SingleArray, left_week: SingleArray, weeks: FloatArray) -> BoolArray:
    """Who was there when a wave opened, shape (replicates, people, waves)."""
    weeks = weeks.astype(np.float32)
    present: BoolArray = (joined_week[..., None] <= weeks) & (weeks < left_week[..., None])
    return present


def answer_block(
    world: World, treated: BoolArray, present: BoolArray, rng: np.random.Generator, stored: FloatArray
) -> BoolArray:
    """Let one block of replicates answer.

    Args:
        world: The solved scenario.
        treated: Pilot teams, shape (replicates, teams).
        present: Who is on the roster, shape (replicates, people, waves).
        rng: Source of every random number.
        stored: Filled with the answers, shape (items, replicates, people, waves).

    Returns:
        Who answered without reading, shape (replicates, people, waves).
    """
    weeks, n = world.layout.weeks, len(treated)
    state = _draw_state(world, weeks, rng, n)
    answered = present & _responds(world, treated, state, rng)
    team_luck = rng.standard_normal(treated.shape, dtype=np.float32)
    # One uniform a questionnaire says whether it is careless, in which way, and where a straight line runs.
    luck = rng.random(answered.shape, dtype=np.float32)
    for scale in world.scales:
        asked = scale.layout.asked
        waves = slice(None) if asked.all() else asked.nonzero()[0]
        own = state[..., waves]
        if scale.correlation < 1:
            other = _draw_state(world, weeks[asked], rng, n)
            own = scale.correlation * own + float(np.sqrt(1 - scale.correlation**2)) * other
        trait = scale.model.trait_sd * own
        trait += np.take(_team_shift(scale, treated, team_luck)[..., waves], world.layout.team, axis=1)
        answers = _tick(scale, trait, rng)
        _spoil(world, scale, answers, answered[..., waves], luck[..., waves], rng)
        missing = np.where(answered[..., waves], np.float32(0), np.float32(np.nan))
        for place, codes in zip(scale.layout.items, answers, strict=True):
            stored[place][..., waves] = codes + missing
    return answered & (luck < world.scenario.careless.share)


def _draw_state(world: World, weeks: FloatArray, rng: np.random.Generator, n_replicates: int) -> SingleArray:
    """Standard normal states of people in their teams, shape (replicates, people, waves)."""
    layout, correlations, n_waves = world.layout, world.correlations, len(weeks)
    own = rng.standard_normal((n_replicates * layout.n_people, n_waves), dtype=np.float32)
    shared = rng.standard_normal((n_replicates * len(layout.team_ids), n_waves), dtype=np.float32)
    # One flat product: a stack of tiny ones, one a replicate, would be far slower.
    own = own @ correlations.person_mixing(weeks).astype(np.float32)
    shared = shared @ correlations.team_mixing(weeks).astype(np.float32)
    state = own.reshape(n_replicates, layout.n_people, n_waves)
    state += np.take(shared.reshape(n_replicates, len(layout.team_ids), n_waves), layout.team, axis=1)
    return state


def _responds(world: World, treated: BoolArray, state: SingleArray, rng: np.random.Generator) -> BoolArray:
    """Who answers a wave if invited: a person's lasting propensity and the luck of the day fall below a threshold.

    Where the unhappy leave, the propensity after the launch also hangs on the state of that wave. The state is
    standard normal, so the rate of response stays as stated; only who answers changes.
    """
    response, lasting = world.scenario.response, world.answer_correlation
    silence = rng.standard_normal(state.shape, dtype=np.float32)
    silence *= (1 - lasting) ** 0.5
    silence += lasting**0.5 * rng.standard_normal((*state.shape[:2], 1), dtype=np.float32)
    if response.unhappy_leave != "none":
        after = world.layout.weeks > 0
        where = treated[:, world.layout.team, None] & after if response.unhappy_leave == "pilot" else after
        pull = response.unhappy_correlation
        silence = np.where(where, (1 - pull**2) ** 0.5 * silence - pull * state, silence)
    responds: BoolArray = silence < float(special.ndtri(response.rate))
    return responds


def _team_shift(scale: ScaleWorld, treated: BoolArray, team_luck: SingleArray) -> SingleArray:
    """By how much the trait of each team is shifted, points, shape (replicates, teams, waves)."""
    course = scale.course
    pilot = course.pilot + course.effect + course.effect_sd * team_luck[..., None]
    shift: SingleArray = np.where(treated[..., None], pilot, course.comparison).astype(np.float32)
    return shift


def _tick(scale: ScaleWorld, trait: SingleArray, rng: np.random.Generator) -> SingleArray:
    """The option nearest to each latent answer, as ticked, shape (items, replicates, people, waves).

    A reverse-keyed item is the mirror image around the middle of the options: the noise is symmetric.
    """
    model, options, mirrored = scale.model, scale.model.options, scale.layout.reverse_keyed
    sign = np.where(mirrored, -1.0, 1.0)
    offsets = np.where(mirrored, options.lowest + options.highest - model.offsets, model.offsets)
    # In steps above the lowest option, so that rounding to whole numbers is choosing an option.
    slope = _column(sign * model.loadings / options.step)
    level = _column((offsets - options.lowest) / options.step)
    answers = rng.standard_normal((len(offsets), *trait.shape), dtype=np.float32)
    answers *= model.noise_sd / options.step
    answers += slope * trait
    answers += level
    np.rint(answers, out=answers)
    np.clip(answers, 0, options.n_steps, out=answers)
    return _to_codes(scale, answers)


def _spoil(
    world: World,
    scale: ScaleWorld,
    answers: SingleArray,
    answered: BoolArray,
    luck: SingleArray,
    rng: np.random.Generator,
) -> None:
    """Overwrite the answers of careless questionnaires: a straight line, or ticks at random."""
    careless, n_options = world.scenario.careless, scale.model.options.n_steps + 1
    line_share = careless.share * careless.straight_line_share
    line = answered & (luck < line_share)
    if line_share > 0:
        answers[:, line] = _to_codes(scale, np.floor(luck[line] * (n_options / line_share)).clip(0, n_options - 1))
    ticks = answered & (luck >= line_share) & (luck < careless.share)
    drawn = np.floor(n_options * rng.random((len(answers), int(ticks.sum())), dtype=np.float32))
    answers[:, ticks] = _to_codes(scale, drawn)


def _to_codes(scale: ScaleWorld, steps: SingleArray) -> SingleArray:
    options = scale.model.options
    if options.step != 1:
        steps *= options.step
    steps += options.lowest
    return steps


def _column(values: FloatArray) -> SingleArray:
    """One value an item, to spread over (items, replicates, people, waves)."""
    return values.astype(np.float32)[:, None, None, None]
