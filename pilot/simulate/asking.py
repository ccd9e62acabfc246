"""How each kind of scale is answered and what moves it: scores, yes or no, markers, items that ask for one answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pilot.simulate.course import Course, course_of
from pilot.simulate.latent import AnswerOptions, ItemModel
from pilot.simulate.layout import Layout, ScaleLayout
from pilot.simulate.scenario import Scenario

STEPS_OF_A_SCORE = 4  # of a 1-5 scale, for which scenarios state their scores
SURE = 1e-3  # of a step: who reads an item that asks for one answer gives it


def model_of(scenario: Scenario, scale: ScaleLayout, *, is_primary: bool) -> ItemModel:
    """How the items of a scale are answered.

    Yes or no cannot have the spread that a scenario states for five answers. So the latent answers behind it are
    those of five, and of yes and no the nearer one is ticked.

    Raises:
        PilotError: no answers have the scores that the scenario states.
    """
    if scale.instructed:
        return _obedient(scale)
    target = scenario.primary_target if is_primary else scenario.secondary_target
    options = scale.options
    if options.n_steps > 1 or is_primary:
        return ItemModel.for_scores(target, options, len(scale.items))
    finer = AnswerOptions(options.lowest, options.highest, options.step * options.n_steps / STEPS_OF_A_SCORE)
    return replace(ItemModel.for_scores(target, finer, len(scale.items)), options=options)


def courses_of(
    scenario: Scenario, scale: ScaleLayout, model: ItemModel, layout: Layout, *, is_primary: bool
) -> tuple[Course, ...]:
    """How the trait of a scale moves, for each of the layout's starts.

    Raises:
        PilotError: a change leads beyond the answer options.
    """
    if scale.instructed:
        return (Course.still(len(layout.weeks)),) * len(layout.starts)
    world = scenario.model_copy(update={"effect": None}) if scale.is_marker else scenario
    chosen = layout.chosen is not None
    return tuple(
        course_of(world, model, layout.weeks, is_primary=is_primary, chosen=chosen, start=start)
        for start in layout.starts
    )


def _obedient(scale: ScaleLayout) -> ItemModel:
    sure = SURE * scale.options.step
    codes = np.array(scale.instructed, dtype=float)
    return ItemModel(scale.options, offsets=codes, loadings=np.ones(len(codes)), trait_sd=sure, noise_sd=sure)
