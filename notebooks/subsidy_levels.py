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
# # Subsidy levels: how much money is enough?
# *补贴额度：给多少钱才够？*
#
# The same county is planned for many budgets. Each point is a full plan with its own proof.

# %%
import tempfile
from pathlib import Path

import coldchain as cc

# cc.speak("zh")  # 图表和文字改用中文
work = Path(tempfile.mkdtemp())
county = cc.example(work / "county", villages=30)
budgets = range(0, 400_001, 100_000)
frontier = cc.sweep(county, budgets, work / "sweep", effort="quick", loss=0.08)

# %% [markdown]
# The frontier: loss, produce pre-cooled in time, yearly cost and sites against the subsidy spent.
# *花多少补贴，得到什么：*

# %%
frontier.plot()

# %% [markdown]
# The least budget found for a loss of 8 %, and what the last yuan bought.
# *损耗降到 8 % 最少需要多少：*

# %%
print("\n".join(frontier.lines()))
frontier.least_cny("loss_rate")

# %% [markdown]
# The marginal value: what each step of the budget saves, in tonnes for a million more. Where it is small, stop.
# *再增加预算值不值：越往后越少。*

# %%
frontier.plot_marginal()

# %%
columns = ["budget_cny", "subsidy_cny", "loss_rate", "coverage", "annual_cny", "gap", "sites_built"]
frontier.table()[columns]

# %% [markdown]
# Rates and programmes side by side, in a smaller county: the band holds 9 of 10 draws of the uncertain figures.
# Move the sliders; they work without a server, and in this notebook exported as HTML.
# *补贴比例与政策对比（含不确定性），拖动滑块查看：*

# %%
dale = cc.example(work / "dale", villages=12, seed=3).with_(name="dale", budget_cny=0)
levels, rules = [0, 30_000, 60_000], ["sanming_2024"]
grid = cc.sweep(dale, levels, work / "grid", rates=[0.2, 0.4], programmes=rules, effort="quick", loss=1.0, coverage=0.0)
cc.levels(grid)

# %% [markdown]
# Where is the next million best spent? By county and class of owner, the best first; `cc.levels` takes several.
# *再增加 100 万元，投给哪个县、哪类主体最好：*

# %%
cc.levels(grid).next_million()
