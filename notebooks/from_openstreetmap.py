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
# # From OpenStreetMap to a plan: how far does a map alone carry?
# *从 OpenStreetMap 到方案：只有一张地图，能走多远？*
#
# The map here is an invented valley. Put the path of your own extract instead, `.osm.pbf` or `.osm`.

# %%
import tempfile
from pathlib import Path

import coldchain as cc

# cc.speak("zh")  # 图表和文字改用中文
work = Path(tempfile.mkdtemp())
file = cc.example_osm(work / "valley.osm", villages=24)

# %%
county = cc.import_osm(file, work / "valley")
len(county.villages), len(county.sites), len(county.hubs)

# %% [markdown]
# What the map does not know follows a stated rule. Replace it before you decide anything:
# *地图上没有的数据按以下规则假定，决策前请换成真实数据：*

# %%
print("\n".join(county.notes))

# %%
[str(fault) for fault in cc.check(work / "valley")][:5]

# %% [markdown]
# The plan, on the roads of the map.
# *沿地图上的道路做出的方案：*

# %%
plan = cc.plan(county, time_limit_s=10)
plan.before_and_after()

# %%
plan.plot()
