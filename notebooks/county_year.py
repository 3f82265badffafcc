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
# # A year in the county: what does following the weeks change?
# *县里的一年：逐周调整方案带来什么变化？*
#
# A synthetic county of 20 villages is planned once. Then a year is made up, harvests and all, and every second week the
# plan is rolled: forecast from the deliveries so far, then decided anew who goes where. Invented, to show how it works.

# %%
import tempfile
from pathlib import Path

import coldchain as cc

# cc.speak("zh")  # 图表和文字改用中文
folder = Path(tempfile.mkdtemp())
county = cc.example(folder / "county", villages=20)
plan = cc.plan(county, effort="quick")
plan.save(folder / "plan")
plan.before_and_after()

# %%
year = cc.simulate_year(folder, "2026-W01", "2026-W52", every=2)
year.totals()

# %% [markdown]
# The harvest: how much was expected the week before, how sure that was, and what came. The interval is learned from the
# weeks before it, so the first ones have none.
# *收获：上周的预计、可靠程度与实际。*

# %%
year.plot("harvest")

# %% [markdown]
# What is lost of each month's harvest, in today's chain and with depots?
# *各月损耗：现状与建库后。*

# %%
year.plot("loss")

# %% [markdown]
# What did it save to decide anew each week? Little here: a plan with good depots is seldom far from the week's best.
# Weeks below the line were decided on a forecast that came out otherwise.
# *逐周重新安排节省多少？这里不多：方案的库点本来就合适。线下的周是预计与实际不符。*

# %%
year.plot("gain")

# %% [markdown]
# How long until the buyer has it? All within the 48 hours of the target, before as after: in this county cold saves
# quality, not time.
# *多久送到买方？前后都在 48 小时以内：这里冷链保的是品质，不是时间。*

# %%
year.plot("hours")

# %% [markdown]
# How many people are needed in which week?
# *哪一周要多少人？*

# %%
year.plot("people")
