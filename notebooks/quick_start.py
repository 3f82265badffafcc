# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Quick start: what does a cold chain save in a small county?
# *快速开始：一个小县建冷链能少损耗多少？*
#
# A synthetic county of 30 villages is planned; the loss before and after is set side by side.

# %%
import tempfile
from pathlib import Path

import coldchain as cc

# cc.speak("zh")  # 图表和文字改用中文
work = Path(tempfile.mkdtemp())
county = cc.example(work / "county", villages=30)
len(county.villages), len(county.sites), round(county.harvest_t.sum())

# %%
plan = cc.plan(county, time_limit_s=10)
plan.before_and_after()

# %% [markdown]
# The plan on one page: which depots, who is collected on which road, what it costs.
# *一张图看方案：建哪些库、走哪些路、花多少钱。*

# %%
plan.plot()

# %% [markdown]
# Which crops gain most?
# *哪些作物受益最大？*

# %%
plan.plot("crops")

# %% [markdown]
# Who is awarded how much?
# *谁得多少补贴？*

# %%
plan.tables["subsidies"][["owner", "depots", "net_m3", "investment_cny", "award_cny"]]

# %% [markdown]
# How sure is it? No plan whatever under the same figures is better by more than the gap.
# *有多可靠？在同样数据下，任何方案最多只能再好这么多：*

# %%
f"{plan.gap:.1%}"

# %% [markdown]
# The interactive map is one file that opens without a network; the folder of the run opens in Excel and QGIS.

# %%
plan.explore(work / "map.html"), plan.save(work / "run")
