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
# Depots, assignment and routes stay as planned. Each uncertain figure goes to both ends of its own band, by itself:
# lives of the crops, packaging, hours, air, prices, coolers.

# %%
import tempfile
from pathlib import Path

import coldchain as cc

# cc.speak("zh")  # 图表和文字改用中文
county = cc.example(Path(tempfile.mkdtemp()) / "county", villages=30)
plan = cc.plan(county, time_limit_s=10)
doubts = cc.sensitivity(plan)

# %% [markdown]
# Tonnes saved a year. The longest bar is the figure to measure first.
# *每年减少损耗的吨数：条形最长的数据最值得先测准。*

# %%
doubts.plot("saving_t")

# %% [markdown]
# The net benefit a year, CNY.
# *每年的净效益：*

# %%
doubts.plot("benefit_cny")

# %%
doubts.table()[["what", "low", "high", "effect_t", "effect_cny", "source"]].head(12).round(0)
