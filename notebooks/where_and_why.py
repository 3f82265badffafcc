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
# # Where and why: why this depot, why this village, why not that one?
# *建在哪、为什么：为什么建这座库？这个村为什么送那里？为什么不服务？*
#
# Reasons are not read from a score: the question is put to the planner again with one thing changed.

# %%
import tempfile
from pathlib import Path

import coldchain as cc

# cc.speak("zh")  # 图表和文字改用中文
county = cc.example(Path(tempfile.mkdtemp()) / "county", villages=30)
plan = cc.plan(county, time_limit_s=10)
plan.depots[["depot", "name", "new_modules", "tonnes_year", "villages", "subsidy_cny"]]

# %% [markdown]
# What if the first depot were not built?
# *不建第一座库会怎样？*

# %%
first = plan.depots["depot"].iloc[0]
print(cc.explain(plan, depot=first, time_limit_s=8))

# %% [markdown]
# Why does a village go where it goes, and what would it cost everyone to send it elsewhere?
# *这个村为什么送那里？改送别处，大家要多花多少？*

# %%
why = cc.explain(plan, village=plan.villages["village"].iloc[0])
print(why)
why.table[["commodities", "depot", "direct_h", "cost_cny_t", "open", "share"]].head(8)

# %% [markdown]
# Who is not served whole, and for what reason: out of reach, not worth it, nothing built, no room?
# *谁没有得到完全服务，是什么原因？*

# %%
left = cc.explain(plan, unserved=True)
print(left)
left.table[["village", "harvest_t", "cooled_t", "out_of_reach_t", "not_worth_t", "not_built_t", "no_room_t"]]

# %% [markdown]
# Are there other choices of sites that are as good? Those that all share are the ones to build first.
# *还有没有同样好的选址？各方案都有的库先建。*

# %%
others = cc.explain(plan, alternatives=3, time_limit_s=6)
print(others)
others.table[["sites", "annual_cny", "loss_rate", "subsidy_cny"]]

# %% [markdown]
# Two plans side by side: what does half the budget cost whom?
# *两个方案对比：预算减半，谁受影响？*

# %%
half = cc.plan(county, budget_cny=county.siting.budget_cny / 2, time_limit_s=10)
difference = cc.compare(plan, half)
difference.depots[["depot", "in_a", "in_b", "what", "tonnes_year", "subsidy_cny"]]
