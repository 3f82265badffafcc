"""Classical location problems, solved and proved: warehouse location with or without capacities, p-median."""

from coldchain.siting.classical.problem import LocationProblem, LocationResult, location_value, location_violations
from coldchain.siting.classical.solve import solve_location

__all__ = ["LocationProblem", "LocationResult", "location_value", "location_violations", "solve_location"]
