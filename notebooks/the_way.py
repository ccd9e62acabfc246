# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 从计划到结论 · From plan to verdict
#
# 与命令行同一条路，十步走完，每一步都能打开看。
# The same way as the command line, in ten steps, each open to inspection.

# %%
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from pilot.plan import PilotFolder, PlanAnswers, seal_plan, sealed_protocol, write_plan

folder = PilotFolder(Path(tempfile.mkdtemp()) / "unit")
now = datetime.now(UTC)

# %% [markdown]
# ## 1 计划并封存 · Plan and seal

# %%
teams = tuple(f"T{number:02d}" for number in range(1, 17))
write_plan(folder, PlanAnswers(unit_name="示例事业部", launch_on=date(2027, 3, 1), teams=teams))
seal_plan(folder, sealed_at=now, seed=1)
protocol, seal = sealed_protocol(folder)
pd.Series(seal.assignment).value_counts()

# %% [markdown]
# ## 2 一个从未存在的单位 · A unit that never was
#
# 真值已知，所以可以看出估计错了多少。
# Its truth is known, so that the error of the estimate can be seen.

# %%
from pilot.simulate import read_scenario, simulate_tables, write_simulated_files

scenario = read_scenario("works")
simulated = simulate_tables(scenario, protocol, seal.assignment, np.random.default_rng(1))
write_simulated_files(simulated, folder.path / "simulated")
simulated.truth

# %% [markdown]
# ## 3 导入 · Import
#
# 整份校验，要么全部入库，要么一行不进。
# Checked as a whole: everything is stored, or nothing.

# %%
from pilot.imports import Rejection, import_file
from pilot.schema.columns import TABLE_NAMES
from pilot.store import Store

with Store(folder.database_url) as store:
    for table in TABLE_NAMES:
        path = folder.path / "simulated" / f"{table}.csv"
        outcome = import_file(path, protocol, store, Rejection(folder.rejected), now, table=table)
        print(f"{table}: {outcome.n_rows}")
    tables, imports = store.tables(), store.imports()

# %% [markdown]
# ## 4 表 · Tables

# %%
tables.responses.groupby("wave_id")["person_id"].nunique().reindex(protocol.plan.calendar.wave_ids)

# %% [markdown]
# ## 5 量表得分 · Scale scores
#
# 一半以上题目作答才计分；数组第一维是“复制”，真实试点就是一次复制。
# Scored by the half rule; the first axis is the replicate, and a real pilot is one replicate.

# %%
from pilot.scores import panel_from_tables

panel = panel_from_tables(tables, protocol, seal.assignment)
panel.scores["engagement"].shape

# %% [markdown]
# 量表测得准不准：信度、单因子、与基线理解是否一致，一句结论。
# How well the scale measures: reliability, one factor, read as at the baseline, and a verdict.

# %%
from pilot.analysis.scale_sheets import languages_of, scale_sheets
from pilot.scores import questionnaires_of
from pilot.wording.sheets import quality_table

questionnaires = questionnaires_of(tables, panel, protocol)
sheets = scale_sheets(questionnaires, languages_of(tables, panel), panel, protocol)
quality_table(sheets, (), "zh")

# %%
from pilot.wording import Voice
from pilot.wording.sheet_facts import item_table, sheet_facts

endline = next(sheet for sheet in sheets if (sheet.scale, sheet.wave_id) == ("engagement", "endline"))
for fact in sheet_facts(endline, Voice("zh")):
    print(f"{fact.label}：{fact.text}")
item_table(endline, Voice("zh"))

# %% [markdown]
# ## 6 效果 · Effects
#
# 团队是聚类：CR2 方差，Satterthwaite 自由度。
# Teams are clusters: CR2 variance, Satterthwaite degrees of freedom.

# %%
from pilot.effects import estimate_pilot

estimates = estimate_pilot(panel, protocol.plan)
effect = estimates.primary
pd.Series({name: float(getattr(effect, name)[0]) for name in ("estimate", "se", "df", "lower", "upper")})

# %% [markdown]
# ## 7 人们今天怎么算 · What people do today
#
# 只看试点前后、不管团队的配对 t 检验。
# A paired t test of the pilot alone, before against after, that ignores teams.

# %%
from scipy import stats

pilot_people = panel.roster.person_treated[0]
change = (estimates.after - estimates.before)[0, pilot_people]
stats.ttest_1samp(change[~np.isnan(change)], 0)

# %% [markdown]
# ## 8 结论 · Verdict

# %%
from pilot.analysis import analyse

result = analyse(protocol, seal, tables, imports, now)
pd.DataFrame([(finding.role, finding.code, finding.values) for finding in result.verdict.findings])

# %% [markdown]
# ## 9 发布 · Publish
#
# 披露控制之后才能给人看。 Only after disclosure control may others see it.

# %%
from pilot.publication import publish
from pilot.wording import brief

release = publish(result, folder.releases, folder.ledger, now)
for language in ("zh", "en"):
    briefing = brief(release, language)
    print(briefing.word, briefing.sentence, briefing.effect, sep="\n")

# %% [markdown]
# ## 10 图 · Picture

# %%
from pilot.figures import lines_picture

picture = lines_picture(release, "zh")
print(picture.title)
picture.figure
