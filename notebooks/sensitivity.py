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
# # Sensitivity: which wrong figure would hurt most?
# *敏感性：哪个数据错了影响最大？*
#
# The depots stay as planned. One figure at a time is changed, and the whole year is worked out anew: who goes where,
# on which routes, what is lost.

# %%
import tempfile
from pathlib import Path

import coldchain as cc

# cc.speak("zh")  # 图表和文字改用中文
county = cc.example(Path(tempfile.mkdtemp()) / "county", villages=30)
plan = cc.plan(county, time_limit_s=10)
doubts = cc.sensitivity(plan, time_limit_s=5)

# %% [markdown]
# Tonnes saved a year. The longest bar is the figure to measure first.
# *每年减少损耗的吨数：条形最长的数据最值得先测准。*

# %%
doubts.plot("saved_t")

# %% [markdown]
# The loss that remains with the plan, in percent of the harvest.
# *规划后剩下的损耗率：*

# %%
doubts.plot("plan_rate")

# %%
doubts.table().round(3)
