"""How many pilots a second are estimated, beside other packages, on one core and in one run.

    python benchmarks/other_packages.py [--quick]

The same scores for all: 16 teams of 12 people, two waves, a fifth missing at the end; the effect is the difference
between the arms in the change of linked people, clustered by team.

- ours: the batch, CR2 with Satterthwaite degrees of freedom, the draw of the scores included;
- diff-diff 3.13, `DifferenceInDifferences(cluster=..., vcov_type="hc2_bm")`: CR2 with Satterthwaite degrees of freedom
  too, one pilot after the other; that ours gives the same numbers is checked in this run. It is no dependency: install
  it beside, or the benchmark says that it is missing and fails;
- statsmodels' OLS with CR1, and MixedLM with a random team effect (REML): what one would write otherwise, without
  degrees of freedom for few teams;
- R's simr is not run here: 87 ms a pilot was measured on another machine, and is printed as such.

To keep: at least 100 times diff-diff. Data frames are made before the clock starts. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable
from statistics import median
from time import perf_counter

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import statsmodels.api as sm
from rehearsal import SCORE_BLOCK, estimate_scores, rate, scores

from pilot.effects.unlinked import unlinked_effect

try:
    from diff_diff import DifferenceInDifferences
    from diff_diff import __version__ as diff_diff_version
except ImportError:
    DifferenceInDifferences, diff_diff_version = None, None

SIMR_SECONDS = 0.087  # a pilot; as given, on another machine
AT_LEAST_TIMES = 100
SAME = 1e-6  # relative


class Pilots:
    """A few pilots as the other packages want them.

    Attributes:
        long: One row a linked person and wave, one frame a pilot.
        wide: One row a linked person, likewise.
        ours: Estimate, standard error and degrees of freedom of the model that `long` is fitted with, shape (pilots,).
    """

    def __init__(self, rng: np.random.Generator, n: int) -> None:
        roster, before, after = scores(rng, n)
        linked = ~np.isnan(before + after)
        effect = unlinked_effect(np.where(linked, before, np.nan), after, roster, confidence_pct=95)
        self.ours = np.stack([effect.estimate, effect.se, effect.df], axis=1)
        self.long, self.wide = [], []
        for place in range(n):
            there = linked[place]
            base = pd.DataFrame({"team": roster.team[there], "arm": roster.person_treated[place][there].astype(int)})
            y0, y1 = before[place][there], after[place][there]
            self.wide.append(base.assign(change=y1 - y0))
            self.long.append(pd.concat([base.assign(post=0, y=y0), base.assign(post=1, y=y1)], ignore_index=True))


def seconds_a_pilot(fit: Callable[[pd.DataFrame], object], frames: list[pd.DataFrame]) -> float:
    """Median over the pilots; the first one warms up."""
    fit(frames[0])
    seconds = []
    for frame in frames:
        start = perf_counter()
        fit(frame)
        seconds.append(perf_counter() - start)
    return median(seconds)


def by_diff_diff(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Estimate, standard error, degrees of freedom."""
    model = DifferenceInDifferences(cluster="team", vcov_type="hc2_bm")
    found = model.fit(frame, outcome="y", treatment="arm", post="post")
    return found.att, found.se, found.inference_df


def by_ols(frame: pd.DataFrame) -> None:
    """Ordinary least squares with CR1."""
    x = sm.add_constant(frame["arm"].to_numpy(dtype=float))
    sm.OLS(frame["change"].to_numpy(), x).fit(cov_type="cluster", cov_kwds={"groups": frame["team"].to_numpy()})


def by_mixed_model(frame: pd.DataFrame) -> None:
    """A random effect of the team."""
    x = sm.add_constant(frame["arm"].to_numpy(dtype=float))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a variance of zero, in one pilot of several
        sm.MixedLM(frame["change"].to_numpy(), x, groups=frame["team"].to_numpy()).fit()


def main() -> int:
    """Print the table and the figures; 1 where diff-diff is missing, differs or is not left behind far enough."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer pilots")
    n, n_rounds = (15, 5) if parser.parse_args().quick else (100, 25)
    rng = np.random.default_rng(1)
    pilots = Pilots(rng, n)
    ours = 1 / rate(lambda: estimate_scores(rng), SCORE_BLOCK, n_rounds)
    others = {
        "statsmodels OLS, CR1": seconds_a_pilot(by_ols, pilots.wide),
        "statsmodels MixedLM, REML": seconds_a_pilot(by_mixed_model, pilots.wide),
        "R simr (given, another machine)": SIMR_SECONDS,
    }
    apart = float("nan")
    if DifferenceInDifferences is not None:
        others = {f"diff-diff {diff_diff_version}, CR2": seconds_a_pilot(by_diff_diff, pilots.long), **others}
        theirs = np.array([by_diff_diff(frame) for frame in pilots.long])
        apart = float(np.abs(pilots.ours / theirs - 1).max())
    print(f"{'what':34} {'ms a pilot':>11} {'x ours':>8}")
    print(f"{'ours, CR2, with the draw':34} {1000 * ours:11.4f} {1:8}")
    for name, each in others.items():
        print(f"{name:34} {1000 * each:11.4f} {each / ours:8.0f}")
    kept = False
    if DifferenceInDifferences is None:
        print("NOT COMPARED: diff-diff is not installed here (pip install diff-diff==3.13.*, in another environment).")
    else:
        times = others[f"diff-diff {diff_diff_version}, CR2"] / ours
        kept = times >= AT_LEAST_TIMES and apart < SAME
        print(f"the same estimate, standard error and degrees of freedom as diff-diff: within {apart:.1e}")
        print(f"to keep: at least {AT_LEAST_TIMES} times diff-diff, and the same numbers: {kept}")
    figures = {name: round(1000 * each, 4) for name, each in others.items()}
    figures |= {"ours": round(1000 * ours, 4), "largest_difference": None if np.isnan(apart) else apart}
    print(json.dumps({"benchmark": "other_packages", "kept": kept, "milliseconds": figures}))
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
