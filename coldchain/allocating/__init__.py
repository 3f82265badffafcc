"""One fund between many counties, each with its curve of what a budget buys."""

from coldchain.allocating.curves import Curves, read_curves
from coldchain.allocating.division import Allocation, Rules, allocate
from coldchain.allocating.knapsack import Division, Favour, Problem, divide

__all__ = ["Allocation", "Curves", "Division", "Favour", "Problem", "Rules", "allocate", "divide", "read_curves"]
