"""One fund between many counties, each with its curve of what a budget buys."""

from coldchain.funds.curves import Curves, read_curves
from coldchain.funds.division import Allocation, Rules, allocate
from coldchain.funds.knapsack import Favour, Problem, divide

__all__ = ["Allocation", "Curves", "Favour", "Problem", "Rules", "allocate", "divide", "read_curves"]
