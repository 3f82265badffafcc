"""A cheap mobile unit for the settings of a scenario."""

UNIT = """
[mobile_unit.light]
name = "light trailer"
zone = "cold"
temp_c = 2
method = "forced_air"
half_cooling_h = 1.0
energy_ratio = 0.4
throughput_t_day = 8
storage_t = 4
net_m3 = 12
store_kwh_t_day = 1.0
capex_cny = 60000
opex_cny_year = 8000
power_kw = 10
move_cny = 500
"""
