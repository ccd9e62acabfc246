"""Questionnaires that are answered without reading: a straight line, or ticks at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pilot.simulate.layout import BoolArray, IntArray
from pilot.simulate.parts import Careless
from pilot.simulate.selection import SingleArray


@dataclass(frozen=True)
class CarelessAnswers:
    """Who answers without reading, and how; few of many, so that they are kept as a list.

    Attributes:
        part: What the scenario says of them.
        wave: Place of the wave of each such questionnaire.
        person: Place of the person among those of all replicates, likewise.
        luck: Uniform below the share of careless questionnaires: says in which way, and where a straight line runs.
    """

    part: Careless
    wave: IntArray
    person: IntArray
    luck: SingleArray

    @classmethod
    def among(cls, answered: BoolArray, part: Careless, rng: np.random.Generator) -> CarelessAnswers:
        """Draw them from those who answered, shape (waves, replicates, people)."""
        luck = rng.random(answered.size, dtype=np.float32)  # one a questionnaire, the same for all scales
        drawn = np.flatnonzero(luck < part.share)
        person, wave = np.divmod(drawn, len(answered))
        kept = answered.reshape(len(answered), -1)[wave, person]
        return cls(part, wave[kept], person[kept], luck[drawn[kept]])

    def at(self, asked: BoolArray) -> CarelessAnswers:
        """Those of some waves, which are numbered anew."""
        kept = asked[self.wave]
        number = np.cumsum(asked) - 1
        return CarelessAnswers(self.part, number[self.wave[kept]], self.person[kept], self.luck[kept])

    def where(self, shape: tuple[int, ...]) -> BoolArray:
        """Which questionnaires these are, of the shape (waves, replicates, people)."""
        found = np.zeros(shape, dtype=np.bool_)
        found.reshape(len(found), -1)[self.wave, self.person] = True
        return found

    def steps(self, n_items: int, n_options: int, rng: np.random.Generator) -> SingleArray:
        """What they tick, in steps above the lowest option, shape (items, such questionnaires)."""
        line_share = self.part.share * self.part.straight_line_share
        is_line = self.luck < line_share
        steps = np.empty((n_items, len(self.luck)), dtype=np.float32)
        if line_share > 0:
            steps[:, is_line] = np.floor(self.luck[is_line] * (n_options / line_share)).clip(0, n_options - 1)
        ticks = rng.random((n_items, int((~is_line).sum())), dtype=np.float32)
        steps[:, ~is_line] = np.floor(n_options * ticks)
        return steps
