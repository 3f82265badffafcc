"""Bands of kinetics narrowed by what a county has weighed itself."""

from coldchain.calibration.fit import Calibration, calibrate
from coldchain.calibration.weighings import Weighing, read_weighings
from coldchain.calibration.writing import LEAST, write_calibrated

__all__ = [
    "LEAST",
    "Calibration",
    "Weighing",
    "calibrate",
    "read_weighings",
    "write_calibrated",
]
