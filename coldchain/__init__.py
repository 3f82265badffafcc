"""A planner for rural cold chains: depots, routes, losses, subsidies, and how far from the best possible."""

from importlib.metadata import version

__version__ = version("coldchain")
