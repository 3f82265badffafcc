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
# # Published cases: is a depot worth it for white tea, and what would 60 % coverage cost?
# *已发表的案例：白茶鲜叶值得建预冷库吗？覆盖六成要花多少？*
#
# Anji after the case of the paper: real places, a published harvest; every figure has a source or the word assumption.

# %%
from pathlib import Path

import coldchain as cc

# cc.speak("zh")  # 图表和文字改用中文
folder = Path(cc.__file__).parents[1] / "scenarios" / "anji-tea"
county = cc.load(folder)
cheapest = cc.plan(county, effort="quick")
cheapest.before_and_after()

# %% [markdown]
# The variant `covered` demands that 60 % of the leaf is cooled in time.
# *变体 `covered` 要求六成鲜叶按时预冷。*

# %%
covered = cc.plan(cc.load(folder, "covered"), effort="quick")
covered.before_and_after()

# %% [markdown]
# Where does its saving come from: crates, earlier collection, or cold?
# *少损耗来自哪里：周转箱、早收运，还是制冷？*

# %%
covered.waterfall()

# %%
covered.plot()

# %% [markdown]
# What does the target cost a year more than the cheapest plan, CNY?
# *达到目标每年比最省方案多花多少元？*

# %%
round(covered.summary["objective"]["value"] - cheapest.summary["objective"]["value"])
