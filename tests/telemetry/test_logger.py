"""Files of temperature loggers: figures as they state them, intervals that hold the truth, tables of any brand."""

from __future__ import annotations

import contextlib
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from coldchain.cli import run
from coldchain.errors import BadInputError
from coldchain.model import Commodity
from coldchain.scenario import catalogue_table
from coldchain.spoilage import rate_per_h
from coldchain.telemetry.logger import figures_of, life_used, read_logger
from coldchain.telemetry.means import bounds_of_mean, mean_kinetic_c
from coldchain.telemetry.record import LoggerRecord

CROPS = [crop for crop in catalogue_table("commodity") if isinstance(crop, Commodity)]
QTAG = """Device: Q-tag CLm doc LR
Vers: 1.9
Conf:
 Serial: X1
 Logging Interval: 10
 Alarm:
  2:
   Type: 4, T AL: 8.0, t AL: 60
  5:
   Type: 1, T AL: 2.0, t AL: 30
Res:
 Min T: 1.0, TS Min T: 2022-11-08 05:09
 Max T: 12.0, TS Max T: 2022-11-08 05:29
 MKT: 6.7
 Avrg T: 5.7
 Alarm:
  2:
   TS S: 2022-11-08 05:22, t A: 219, TS A: 2022-11-08 06:22
  5:
   TS S: 2022-11-08 05:00, t A: 32, TS A: 2022-11-08 05:30, TS E: 2022-11-08 05:32, T M: 0.9, TS M: 2022-11-08 05:09
   TS S: 2022-11-08 06:00, t A: 31, TS A: 2022-11-08 06:30, TS E:
Data:
\tyyyy-MM-dd hh:mm\tT\tOut of limits
\t2022-11-08 04:49\t4.0\t
\t2022-11-08 04:59\t3.0\t
\t2022-11-08 05:09\t1.0\tx
\t2022-11-08 05:19\t--\t
\t2022-11-08 05:29\t12.0\tx
\t2022-11-08 05:39\t8.5\tx
Cert:
 Vers: 1.0
"""
FRIDGETAG = """Device: Q-tag Fridge-tag 2
Conf:
 Serial: F1
 Temp unit: C
 Alarm:
  0:
   T AL: -0.5, t AL: 60
  1:
   T AL: +8.0, t AL: 600
Hist:
 TS Actv: 2023-02-12 18:00
 TS Report Creation: 2023-02-14 06:00
 1:
  Date: 2023-02-14
  Min T: +4.0, TS Min T: 00:00
  Max T: +6.0, TS Max T: 04:57
  Avrg T: +5.0
  Alarm:
   0:
    t Acc: 0
   1:
    t Acc: 0
 2:
  Date: 2023-02-13
  Min T: -1.0, TS Min T: 20:19
  Max T: +18.0, TS Max T: 05:30
  Avrg T: +5.0
  Alarm:
   0:
    t Acc: 90, TS A: 03:15, C A: 0
   1:
    t Acc: 700, TS A: 14:20, C A: 0
  Int Sensor timeout:
   t AccST: 60, TS ST: 15:04
 3:
  Date: 2023-02-12
  Min T: +5.0, TS Min T: 20:19
  Max T: +5.0, TS Max T: 20:19
  Avrg T: +5.0
  Alarm:
   0:
    t Acc: 0
   1:
    t Acc: 12
"""


def written(folder: Path, text: str, name: str = "logger.txt", encoding: str = "utf-8") -> Path:
    """Write a file of a logger."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def truncated(value: float) -> float:
    """Cut a figure to a tenth as the makers do."""
    return math.trunc(round(value * 10.0, 6)) / 10.0


def test_a_qtag_states_alarms_and_its_readings_give_its_means(tmp_path: Path) -> None:
    """Starts and minutes as written, a failed reading left out, means that cut to a tenth are those stated."""
    figures = figures_of(read_logger(written(tmp_path, QTAG)))
    assert (figures["device"], figures["serial"], figures["readings"]) == ("Q-tag CLm doc LR", "X1", 5)
    assert (figures["start"], figures["end"]) == ("2022-11-08T04:49", "2022-11-08T05:39")
    assert [(one["start"], one["minutes"], one["limit_c"], one["side"]) for one in figures["alarms"]] == [
        ("2022-11-08T05:00", 32, 2.0, "low"), ("2022-11-08T05:22", 219, 8.0, "high"),
        ("2022-11-08T06:00", 31, 2.0, "low"),
    ]  # fmt: skip
    assert figures["mean_c"] == pytest.approx(5.7)
    assert truncated(figures["mkt_c"]) == figures["stated"]["mkt_c"]
    assert figures["life_used"] is None


def test_a_fridge_tag_without_readings_gives_intervals(tmp_path: Path) -> None:
    """Days alone: minutes and the time of each alarm, a band of the kinetic mean, life used as an interval."""
    record = read_logger(written(tmp_path, FRIDGETAG.replace("\n", "\r\n")))
    figures = figures_of(record, CROPS[0])
    assert figures["readings"] == 0
    assert (figures["start"], figures["end"]) == ("2023-02-12T18:00", "2023-02-14T06:00")
    assert [(one["start"], one["minutes"]) for one in figures["alarms"]] == [
        ("2023-02-13T03:15", 90), ("2023-02-13T14:20", 700),
    ]  # fmt: skip
    assert figures["mean_c"] == pytest.approx(5.0)
    assert (figures["min_c"], figures["max_c"]) == (-1.0, 18.0)
    assert figures["mkt_c"] is None
    assert 4.7 <= figures["mkt_band"]["low"] < figures["mkt_band"]["high"] < 18.1
    used = figures["life_used"]
    assert used["low"] < used["likely"] < used["high"]


@pytest.mark.parametrize("seed", range(20))
def test_any_course_of_a_day_lies_within_its_bounds(seed: int) -> None:
    """A rate's mean over random temperatures is between the envelopes over their least, greatest and mean."""
    draw = np.random.default_rng(seed)
    temps = np.round(draw.uniform(-2, 30) + np.cumsum(draw.normal(0, 1.5, 288)) * draw.uniform(0, 1), 1)
    crop = CROPS[seed % len(CROPS)]
    mean = truncated(float(temps.mean()))
    low, high = bounds_of_mean(lambda c: rate_per_h(crop, c), float(temps.min()), float(temps.max()), mean)
    assert low <= rate_per_h(crop, temps).mean() <= high


def test_bounds_are_reached() -> None:
    """A convex rate is least at the mean and greatest at the two extremes, but for the tenth the figures leave."""
    low, high = bounds_of_mean(lambda c: c * c, 0.0, 10.0, 5.0)
    assert (low, high) == (pytest.approx(25.0, abs=1.1), pytest.approx(50.0, abs=2.1))


def test_life_used_is_the_sum_of_trapezoids(tmp_path: Path) -> None:
    """Ten minutes at 4 °C, then from 4 to 6 °C in ten minutes."""
    path = written(tmp_path, "time,temp (°C)\n2026-07-01 08:00,4\n2026-07-01 08:10,4\n2026-07-01 08:20,6\n", "a.csv")
    crop = CROPS[0]
    at_4, at_6 = rate_per_h(crop, [4.0, 6.0])
    used = life_used(read_logger(path), crop)
    assert used.low == used.likely == used.high == pytest.approx((1.5 * at_4 + 0.5 * at_6) / 6.0, rel=1e-12)


def test_a_gap_is_an_interval_that_holds_what_was_masked() -> None:
    """Readings of five minutes with two hours taken out, between the extremes that are known."""
    times = 300.0 * np.arange(289)
    temps = 5.0 + 3.0 * np.sin(times / 9000.0)
    whole = LoggerRecord("x", "", 0.0, times[-1], times, temps)
    kept = np.ones(289, dtype=bool)
    kept[100:124] = False
    masked = replace(whole, time_s=times[kept], temp_c=temps[kept])
    for crop in CROPS:
        full, part = life_used(whole, crop), life_used(masked, crop)
        assert part.low <= full.likely * (1 + 1e-12)
        assert full.likely <= part.high * (1 + 1e-12)
        assert full.low == full.high


def test_mean_kinetic_temperature_of_two_readings() -> None:
    """0 and 20 °C by hand: 10,000 K over the logarithm of the mean rate."""
    mean = (math.exp(-10_000 / 273.15) + math.exp(-10_000 / 293.15)) / 2
    assert mean_kinetic_c(np.array([0.0, 20.0])) == pytest.approx(10_000 / -math.log(mean) - 273.15, abs=1e-9)


TABLES = {
    "german": ("Datum;Zeit;Temperatur [°C]\n13.07.2026;08:00:00;4,5\n13.07.2026;08:10:00;5,5\n",
               'date="Datum"\ntime="Zeit"\ntemperature="Temperatur [°C]"\n'),
    "american": (
        "Device,ABC\n\nDate/Time,Temperature (F)\n07/13/2026 08:00:00 AM,40.1\n07/13/2026 08:10:00 AM,41.9\n", ""
    ),
    "chinese": (
        "序号,记录时间,温度(℃)\n1,2026/07/13 08:00,4.5\n2,2026/07/13 08:10,5.5\n3,2026/07/13 08:20,ERR\n", ""
    ),
    "iso": ("time\ttemperature\n2026-07-13T08:00:00\t4.5\n2026-07-13T08:10:00\t5.5\n", ""),
}  # fmt: skip


@pytest.mark.parametrize("brand", TABLES)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_tables_of_any_brand(tmp_path: Path, brand: str, encoding: str) -> None:
    """Separators, decimal commas, Fahrenheit, Chinese headings, lines above the header, failed readings."""
    text, mapping = TABLES[brand]
    if encoding == "gb18030":
        text = text.replace("°", "") if brand == "german" else text
        mapping = mapping.replace("°", "")
    path = written(tmp_path, text, f"{brand}.csv", encoding)
    given = written(tmp_path, mapping, "map.toml") if mapping else None
    record = read_logger(path, given)
    assert record.temp_c.tolist() == pytest.approx([4.5, 5.5])
    assert figures_of(record)["start"] == "2026-07-13T08:00"


def test_a_mapping_file_counts_alarms(tmp_path: Path) -> None:
    """Above 8 °C from crossing to crossing, where it lasts long enough."""
    rows = [("08:00", 7), ("08:10", 9), ("08:20", 9), ("08:30", 7), ("09:00", 8.5), ("09:10", 7)]
    table = "time,t\n" + "".join(f"2026-07-13 {clock},{temp}\n" for clock, temp in rows)
    mapping = written(tmp_path, 'device = "LogTag 7"\nhigh_c = 8\nhigh_minutes = 15\n', "map.toml")
    figures = figures_of(read_logger(written(tmp_path, table, "t.csv"), mapping))
    assert figures["device"] == "LogTag 7"
    assert [(one["start"], one["minutes"]) for one in figures["alarms"]] == [("2026-07-13T08:05", 20)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "the columns of time and temperature cannot be told from the headings"),
        ("time,t\n03/04/2026 08:00,4\n", "day and month cannot be told apart"),
        ("time,t\nyesterday,4\n", "is in no usual form of a time"),
        ("time,t\n2026-07-13 08:00,4\nlater,5\n", "row 3 = \"later\": must be a time of the form"),
        ("time,t\n2026-07-13 08:00,400\n", "must be from -90 to 120 °C"),
        ("time,t\n2026-07-13 08:00,4\n2026-07-13 08:00,5\n", "has another temperature than an earlier row"),
        ("time,t\n", "holds no readings|is in no usual form"),
        ("Device: Q-tag X\nHist:\n", "holds neither readings nor figures of days"),
        (FRIDGETAG.replace("+6.0", "warm9"), "Max T = \"warm9\": must be a number"),
        (FRIDGETAG.replace("2023-02-13\n", "2023-13-13\n"), "must be a time such as"),
        (FRIDGETAG.replace("unit: C", "unit: F"), "must be in °C"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_where(tmp_path: Path, text: str, message: str) -> None:
    """Every fault names its row and what to do."""
    with pytest.raises(BadInputError, match=message):
        read_logger(written(tmp_path, text))


@pytest.mark.parametrize(
    ("mapping", "message"),
    [("low_c = 9\nhigh_c = 8\n", r"low_c = \"9\": must be below high_c"), ("colour = 1\n", "colour")],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, mapping: str, message: str) -> None:
    """Unknown keys, and limits the wrong way round."""
    table = written(tmp_path, TABLES["iso"][0], "t.csv")
    with pytest.raises(BadInputError, match=message):
        read_logger(table, written(tmp_path, mapping, "map.toml"))


def test_damaged_files_end_as_faults(tmp_path: Path) -> None:
    """Cut and changed at random places, both kinds of file are read or refused, never a bug."""
    draw = np.random.default_rng(19)
    for text in (QTAG, FRIDGETAG, TABLES["american"][0]):
        for _case in range(60):
            at, length = int(draw.integers(len(text))), int(draw.integers(1, 30))
            change = "".join(map(chr, draw.integers(9, 128, int(draw.integers(0, 6)))))
            damaged = written(tmp_path, text[:at] + change + text[at + length :])
            with contextlib.suppress(BadInputError):
                assert np.isfinite(figures_of(read_logger(damaged), CROPS[0])["mean_c"])


def test_the_command_prints_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The fields other programs read, and words for people."""
    path = str(written(tmp_path, QTAG))
    assert run(["logger", path, "--crop", "strawberry", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = {"device", "readings", "start", "end", "mean_c", "mkt_c", "min_c", "max_c", "alarms", "life_used"}
    assert names <= found.keys()
    assert found["life_used"].keys() == {"low", "likely", "high"}
    assert run(["logger", path, "--lang", "zh"]) == 0
    assert "平均" in capsys.readouterr().out


REAL = ("qtag_clm_doc_lr-1.txt", "fridgetag_2-1.txt", "fridgetag_2-2.txt", "fridgetag_2l-1.txt", "fridgetag_2l-2.txt")


@pytest.mark.parametrize("name", REAL)
def test_real_files_say_what_they_state(shared: Path, name: str) -> None:
    """Every alarm, means that cut to a tenth are the stated ones, and days alone bracket what the readings give."""
    path = shared / "data" / "loggers" / name
    text = path.read_text(encoding="utf-8")
    record = read_logger(path)
    stated = [line for line in text.splitlines() if "TS S:" in line or "TS A:" in line]
    assert len(record.alarms) == len(stated)
    assert all(f": {alarm.minutes}," in "".join(stated) for alarm in record.alarms)
    if record.stated.mkt_c is not None:
        figures = figures_of(record)
        assert truncated(figures["mkt_c"]) == record.stated.mkt_c
        assert truncated(figures["mean_c"]) == record.stated.mean_c
        assert (figures["min_c"], figures["max_c"]) == (record.stated.min_c, record.stated.max_c)
    if record.days and record.time_s.size > 1000:
        days = replace(record, time_s=np.empty(0), temp_c=np.empty(0))
        for crop in CROPS[::8]:
            assert life_used(days, crop).low <= life_used(record, crop).likely <= life_used(days, crop).high
