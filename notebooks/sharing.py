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
# # Sharing: who pays what, and would anybody leave?
# *分摊：谁付多少？会不会有人退出？*
#
# Every group of co-operatives is planned by itself: what it would cost alone is what it can bargain with.

# %%
import tempfile
from pathlib import Path

import coldchain as cc

# cc.speak("zh")  # 图表和文字改用中文
work = Path(tempfile.mkdtemp())
county = cc.example(work / "county", villages=60)
shares = cc.share(county, work / "share", time_limit_s=1)
shares.table()

# %% [markdown]
# Alone or together: the bill of each member, losses included.
# *单干与联合：各家的账单（含损耗）。*

# %%
shares.plot()

# %% [markdown]
# Does the bill hold? If no group would be cheaper apart, nobody has a reason to leave.
# *账单站得住吗？没有任何小组单干更便宜，就没有人有理由退出。*

# %%
shares.holds

# %% [markdown]
# Other rules of fairness on the same costs. Where `holds` is False, some group would do better apart.
# *其他公平规则的结果：*

# %%
shares.rules().round(0)

# %% [markdown]
# Statements for each member, which show it its own figures and the totals, never another's.

# %%
sorted(path.name for path in shares.save(work / "share").iterdir())
