"""One fund between many counties, each with its curve of what a budget buys."""

from coldchain.funds.curves import Curves, read_curves
from coldchain.funds.division import Allocation, FundRules, allocate
from coldchain.funds.knapsack import Favour, FundProblem, divide

__all__ = ["Allocation", "Curves", "Favour", "FundProblem", "FundRules", "allocate", "divide", "read_curves"]
