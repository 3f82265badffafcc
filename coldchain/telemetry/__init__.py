"""Measured chains: files of loggers, readings of sensors, life used of each lot, alarms."""
