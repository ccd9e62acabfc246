"""Reference values of group-time effects: `python cohorts.py` with diff-diff 3.13.0 and pandas; run once.

Made-up answers of 15 teams in 7 waves: five teams start after wave 1, five after wave 3, five never. Effects of .5, a
trend, and everything random. diff-diff's CallawaySantAnna compares each cohort with teams not treated yet, without
covariates, from the last wave before the start; standard errors by team, without a small-sample correction.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
N_WAVES = 7


def make_answers() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    team = np.repeat(np.arange(15), rng.integers(5, 12, 15))
    start = np.array([1.0] * 5 + [3.0] * 5 + [np.inf] * 5)[team]
    y = rng.normal(3, 1, (len(team), 1)) + rng.normal(0, 0.4, (len(team), N_WAVES)) + 0.1 * np.arange(N_WAVES)
    y += rng.normal(0, 0.3, (15, N_WAVES))[team] + np.where(np.arange(N_WAVES) > start[:, None], 0.5, 0.0)
    waves = {f"wave_{wave}": np.round(y[:, wave], 2) for wave in range(N_WAVES)}
    return pd.DataFrame({"person": np.arange(len(team)), "team": team, "start": start, **waves})


def main() -> None:
    from diff_diff import CallawaySantAnna

    answers = make_answers()
    answers.to_csv(HERE / "cohorts.csv", index=False)
    long = answers.melt(id_vars=["person", "team", "start"], var_name="wave", value_name="y")
    long["t"] = long["wave"].str.removeprefix("wave_").astype(int)
    long["first_treated"] = np.where(np.isinf(long["start"]), 0, long["start"] + 1)
    model = CallawaySantAnna(control_group="not_yet_treated", estimation_method="reg", cluster="team", n_bootstrap=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = model.fit(long, outcome="y", unit="person", time="t", first_treat="first_treated", aggregate="simple")
    effects = [
        {"start": int(first) - 1, "wave": int(t), "effect": float(each["effect"]), "se": float(each["se"])}
        for (first, t), each in fitted.group_time_effects.items()
        if t >= first
    ]
    values = {"group_time": effects, "overall": {"effect": float(fitted.overall_att), "se": float(fitted.overall_se)}}
    (HERE / "cohorts.json").write_text(json.dumps(values, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
