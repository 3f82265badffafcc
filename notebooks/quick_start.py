# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Quick start: what does a cold chain save in a small county?
#
# A synthetic county of 30 villages is planned, and the loss before and after is set side by side.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

from coldchain.plan import Options, plan
from coldchain.scenario import load, upland, write_scenario

folder = Path(tempfile.mkdtemp()) / "county"
write_scenario(upland(villages=30, seed=7), folder)
scenario, warnings = load(folder)
len(scenario.villages), len(scenario.sites), round(scenario.harvest_t.sum())

# %%
result = plan(scenario, Options(time_limit_s=20))
result.summary["loss"], result.summary["objective"]

# %% [markdown]
# Which crops gain most?

# %%
crops = result.tables["commodities"].set_index("name").sort_values("baseline_rate")
axes = crops[["baseline_rate", "plan_rate"]].mul(100).plot.barh(color=["#c7522a", "#2a7f9e"], figsize=(8, 5))
axes.set_xlabel("lost between field and market, %")
axes.set_ylabel("")
axes.legend(["today", "with the plan"])
plt.tight_layout()

# %% [markdown]
# Which depots are built, and who is awarded what?

# %%
result.tables["depots"][["name", "new_modules", "tonnes_year", "villages", "capex_cny", "subsidy_cny"]]

# %%
result.tables["subsidies"]
