"""Fixtures: our own two waves with R's values, R's values on the real data, and scales with known truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

REFERENCE = Path(__file__).parent / "reference"
LOADINGS = np.array([0.6, 0.7, 0.85, 0.75, 0.65, 0.8])
UNIQUENESSES = np.array([0.5, 0.6, 0.4, 0.55, 0.45, 0.5])
ITEMS = range(1, 7)


@pytest.fixture(scope="session")
def two_waves() -> pd.DataFrame:
    """Our own input: 182 people in 12 teams and two arms, six items, twice, with gaps; two items shift in arm 1."""
    return pd.read_csv(REFERENCE / "two_waves.csv")


@pytest.fixture(scope="session")
def before(two_waves: pd.DataFrame) -> np.ndarray:
    """Answers of the first wave, one replicate."""
    return two_waves[[f"before_{item}" for item in ITEMS]].to_numpy(dtype=float)[None]


@pytest.fixture(scope="session")
def after(two_waves: pd.DataFrame) -> np.ndarray:
    """Answers of the second wave, one replicate."""
    return two_waves[[f"after_{item}" for item in ITEMS]].to_numpy(dtype=float)[None]


@pytest.fixture(scope="session")
def from_r() -> dict[str, Any]:
    """What R says about our own input."""
    return json.loads((REFERENCE / "two_waves.json").read_text())


@pytest.fixture(scope="session")
def real_in_r(r_values: Path) -> dict[str, Any]:
    """What R says about the real data, by entry."""
    entries = json.loads((r_values / "psychometrics.json").read_text())["entries"]
    return {entry["id"]: entry["values"] for entry in entries}


@pytest.fixture(scope="session")
def agreeableness(real_data: Path) -> pd.DataFrame:
    """Five items of the bfi, the first reverse-keyed, with gender; with gaps."""
    return pd.read_csv(real_data / "bfi.csv")[["A1", "A2", "A3", "A4", "A5", "gender"]]


@pytest.fixture
def one_factor_answers() -> Callable[..., np.ndarray]:
    """Normal answers to six congeneric items with LOADINGS and UNIQUENESSES."""

    def draw(seed: int, *, n_replicates: int, n_people: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        trait = rng.normal(size=(n_replicates, n_people, 1))
        noise = rng.normal(size=(n_replicates, n_people, len(LOADINGS)))
        return 3.0 + LOADINGS * trait + np.sqrt(UNIQUENESSES) * noise

    return draw


@pytest.fixture
def two_wave_answers() -> Callable[..., np.ndarray]:
    """Normal answers of the same people twice; at the second wave all are higher by `effect`, some by `shift` more.

    Residuals of the same item correlate .4, traits .7. Shape (replicates, people, waves, items).
    """

    def draw(
        seed: int, *, n_replicates: int, n_people: int, effect: float = 0.0, shift: dict[int, float] | None = None
    ) -> np.ndarray:
        rng = np.random.default_rng(seed)
        lead = (n_replicates, n_people)
        trait = np.sqrt(0.7) * rng.normal(size=(*lead, 1, 1)) + np.sqrt(0.3) * rng.normal(size=(*lead, 2, 1))
        noise = np.sqrt(0.4) * rng.normal(size=(*lead, 1, 6)) + np.sqrt(0.6) * rng.normal(size=(*lead, 2, 6))
        moved = np.zeros((2, 6))
        for item, points in (shift or {}).items():
            moved[1, item] = points
        # An effect in points of the average item is this many standard deviations of the trait.
        trait = trait + np.array([0.0, effect / LOADINGS.mean()])[:, None]
        return 3.0 + moved + LOADINGS * trait + np.sqrt(UNIQUENESSES) * noise

    return draw
