"""``coldchain watch`` and ``coldchain simulate-telemetry``: lots and alarms of a day from readings of its sensors."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date as calendar_date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.commands import SHOWN_WARNINGS, interruptible, print_faults
from coldchain.cli.manners import json_option, next_step, of_a_run, path_argument, quiet_option, quoted
from coldchain.errors import ColdchainError, UsageError, system_reason
from coldchain.language import _

if TYPE_CHECKING:
    from coldchain.arrays import Bools, Floats
    from coldchain.diversions.proposals import Proposal
    from coldchain.telemetry.dayplan import DayPlan
    from coldchain.telemetry.readings import MessageReader
    from coldchain.telemetry.store import ReadingStore
    from coldchain.telemetry.watch import Setup, Watched

SHOWN = 15


class DateParam(click.ParamType):  # type: ignore[type-arg, unused-ignore] # older Click has no type arguments
    """A date such as 2026-07-15."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the date as ISO 8601."""
        if not value:
            return ""
        try:
            return calendar_date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.fail(_("must be a date such as 2026-07-15; got {value}").format(value=value), param, ctx)


date_option = click.option(
    "--date", type=DateParam(), default="", help="Date of the day, where the routes name only a period."
)
offset_option = click.option("--utc-offset", "offset_h", type=click.FloatRange(-12, 14), default=8.0, show_default=True,
                             help="Hours by which the county's clock is ahead of UTC.")  # fmt: skip


def readings_options(command: Any) -> Any:
    """Take how messages are read, and the day they are of."""
    for option in (
        offset_option,
        date_option,
        click.option(
            "--rules", "thresholds", type=path_argument, help="Thresholds of the alarms (TOML), docs/watch.md."
        ),
        click.option("--map", "mapping", type=path_argument, help="Mapping file (TOML) of messages of another form."),
        click.option(
            "--sensors", "table", type=path_argument, help="Table of the devices and the places they stand in."
        ),
    ):
        command = option(command)
    return command


def terms_options(command: Any) -> Any:
    """Take what proposals assume."""
    for option in (
        click.option("--discount", type=click.FloatRange(0, 1),
                     help="Share of the price taken off what is sold on the spot."),
        click.option("--notice-hours", "notice_h", type=click.FloatRange(0, 24), default=0.5, show_default=True,
                     help="Hours until a truck can leave."),
        click.option("--repair-hours", "repair_h", type=click.FloatRange(0, 240), default=4.0, show_default=True,
                     help="Hours for which proposals take a room that is too warm to stay so."),
    ):  # fmt: skip
        command = option(command)
    return command


def setup_of(day: DayPlan, given: dict[str, Any]) -> tuple[Setup, MessageReader]:
    """Return how the day is watched, and how its messages are read, by the options of :func:`readings_options`."""
    from coldchain.telemetry.readings import MessageKeys, MessageReader, read_keys
    from coldchain.telemetry.replay import read_sensors
    from coldchain.telemetry.rules import AlarmRules, read_rules
    from coldchain.telemetry.watch import Setup

    sensors = {} if given["table"] is None else read_sensors(given["table"], day)
    rules = AlarmRules() if given["thresholds"] is None else read_rules(given["thresholds"])
    keys = MessageKeys() if given["mapping"] is None else read_keys(given["mapping"])
    return Setup(sensors, given["date"], given["offset_h"], rules), MessageReader(keys, given["offset_h"])


moved_option = click.option("--scenario", "moved", type=path_argument, help="Where the scenario of RUN lies now.")


@click.command("simulate-telemetry", epilog="Example: coldchain simulate-telemetry runs/today --out day.jsonl")
@click.argument("run", type=path_argument)
@click.option("--out", type=path_argument, required=True, help="File to write, a message a line in order of arrival.")
@click.option("--truth", type=path_argument, help="File to write what was broken and what each lot truly used (JSON).")
@click.option("--every", "every_s", type=click.FloatRange(10, 3600), default=120.0, show_default=True,
              help="Seconds between the readings of a sensor.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same messages.")
@click.option("--coverage", type=path_argument,
              help="Areas with a signal (GeoPackage, GeoJSON); elsewhere trucks store readings for later.")  # fmt: skip
@date_option
@offset_option
@moved_option
@json_option
@quiet_option
@of_a_run
def simulate_telemetry(
    run: Path, out: Path, truth: Path | None, every_s: float, seed: int, coverage: Path | None, date: str,
    offset_h: float, moved: Path | None, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Make the messages of a day from RUN, a folder of routes: doors, failures, gaps, copies, sensors that go wrong."""
    from coldchain.telemetry.dayplan import read_day
    from coldchain.telemetry.simulate import SensorWorld

    day = read_day(run, moved)
    named = date or day.date or "2026-07-15"
    signal = None if coverage is None else partial(_has_signal, coverage)
    made = SensorWorld(day, named, every_s=every_s, seed=seed, offset_h=offset_h, signal=signal).simulated()
    _write(out, "".join(f"{line}\n" for line in made.lines))
    if truth is not None:
        _write(truth, json.dumps(made.truth(), ensure_ascii=False, indent=1))
    if as_json:
        facts = {"file": str(out), "messages": len(made.lines), "date": named, "events": len(made.events)}
        click.echo(json.dumps(facts, ensure_ascii=False))
    elif not quiet:
        told = _("wrote {path}: {count} messages of {date}, {events} things went wrong")
        click.echo(told.format(path=out, count=len(made.lines), date=named, events=len(made.events)), err=True)
    next_step(f"coldchain watch {quoted(run)} --replay {quoted(out)}")
    return 0


def _has_signal(areas: Path, lonlat: Floats) -> Bools:
    """Tell which points lie in areas with a signal, whosever it is."""
    import numpy as np

    from coldchain.coverage.layer import covered_by_layer
    from coldchain.coverage.study import CARRIERS

    return np.asarray(covered_by_layer(areas, lonlat, CARRIERS).any(axis=0), dtype=np.bool_)


def _write(path: Path, text: str) -> None:
    def write(target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    _written(path, write)


@click.command(epilog="Example: coldchain watch runs/today --replay day.jsonl --page today.html")
@click.argument("run", type=path_argument)
@click.option("--replay", "file", type=path_argument, help="File of messages, a line each, in any order.")
@click.option("--broker", help="MQTT 5 broker to listen to, such as mqtt://localhost or mqtts://user@host:8883.")
@click.option(
    "--topic", default="coldchain/#", show_default=True, help="Topic of the messages; $share/GROUP/… divides."
)
@click.option("--client", default="coldchain", show_default=True, help="Name of the session that the broker keeps.")
@click.option("--ca", type=path_argument, help="Certificate of the authority that signed the broker's (PEM).")
@click.option("--certificate", type=path_argument, help="Certificate to show to the broker (PEM).")
@click.option("--key", type=path_argument, help="Key of that certificate (PEM).")
@click.option("--store", "kept", type=path_argument, help="SQLite file of the readings; they are added to it.")
@readings_options
@click.option("--page", type=path_argument, help="Page to write (HTML, one file), renewed while listening.")
@click.option(
    "--lanes", type=path_argument, help="Table to write: planned against measured, by village and room (CSV)."
)
@click.option("--parquet", "archive", type=path_argument,
              help="Folder to write the readings to, a Parquet file a day; while listening each night.")  # fmt: skip
@click.option("--alarms", "lines", type=path_argument, help="File to add the news of alarms to, a line of JSON each.")
@click.option("--webhook", help="Address to post the news of alarms to, JSON.")
@click.option("--every", "every_s", type=click.FloatRange(1), default=60.0, show_default=True,
              help="Seconds after which lots and alarms are worked out anew while listening.")  # fmt: skip
@click.option("--for", "for_s", type=click.FloatRange(0), help="Stop listening after so many seconds.")
@click.option("--ack", help="Id of an alarm that is taken note of; with --reason.")
@click.option("--reason", help="Why the alarm is settled; kept with it.")
@click.option("--who", default="", help="Who takes note of the alarm.")
@click.option("--propose", is_flag=True, help="Say what can be done for lots in danger, with tonnes, CNY and km.")
@click.option("--accept", help="Id of a proposal that is carried out; with --out.")
@click.option("--out", type=path_argument, help="Folder of routes to write, as the day goes on with it.")
@terms_options
@moved_option
@json_option
@quiet_option
@of_a_run
def watch(run: Path, as_json: bool, quiet: bool, **given: Any) -> int:
    """Watch the day of RUN, a folder of routes: life used of each lot, and alarms, from the readings of sensors.

    With --broker it listens until Ctrl-C; every reading is stored before it is acknowledged.
    """
    from coldchain.telemetry.archive import parquet
    from coldchain.telemetry.dayplan import read_day
    from coldchain.telemetry.kept import write_lanes
    from coldchain.telemetry.replay import replay
    from coldchain.telemetry.store import ReadingStore

    _demand_together(given)
    if given["archive"] is not None:
        parquet()
    day = read_day(run, given["moved"])
    setup, reader = setup_of(day, given)
    with ReadingStore(given["kept"]) as store:
        desk = DayWatch(day, setup, store, given, quiet=quiet)
        if given["file"] is not None:
            faults = replay(given["file"], reader, store)
            if not quiet:
                print_faults(faults, most=SHOWN_WARNINGS)
        if given["broker"] is not None:
            _listen(desk, reader, given)
        found = desk.renew(live=False)
        if given["ack"] is not None:
            store.acknowledge(found.noted(given["ack"], given["reason"], given["who"]))
            found = desk.renew(live=False)
    if given["lanes"] is not None:
        _written(given["lanes"], lambda path: write_lanes(found, path))
    proposed = _proposed(run, found, given) if given["propose"] or given["accept"] is not None else None
    _report(found, proposed, as_json=as_json, quiet=quiet)
    if given["accept"] is not None:
        next_step(f"coldchain watch {quoted(given['out'])} --store {quoted(given['kept'] or 'FILE')}")
    return 0


def _proposed(run: Path, found: Watched, given: dict[str, Any]) -> list[Proposal]:
    """Return what can be done for lots in danger; carry out what is accepted."""
    from coldchain.diversions.accepting import accept
    from coldchain.diversions.desk import DayDispatcher as Dispatching
    from coldchain.diversions.proposals import ProposalTerms, proposals

    dispatching = Dispatching(run, given["moved"])
    made = proposals(dispatching, found, ProposalTerms(given["repair_h"], given["notice_h"], given["discount"]))
    if given["accept"] is None:
        return made
    chosen = next((one for one in made if one.id == given["accept"]), None)
    if chosen is None:
        known = _(", ").join(one.id for one in made) or _("none")
        told = _("--accept {id} is no proposal of this moment; there are: {known}")
        raise UsageError(told.format(id=given["accept"], known=known))
    accept(dispatching, chosen, given["out"])
    return [chosen]


def _written(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file, or say why it cannot be."""
    try:
        write(path)
    except OSError as error:
        told = _("{path} cannot be written: {strerror}").format(path=path, strerror=system_reason(error))
        raise UsageError(told) from error


def _demand_together(given: dict[str, Any]) -> None:
    """Refuse options that do not fit together."""
    if given["file"] is None and given["kept"] is None:
        told = _("give readings: --replay FILE, --store FILE, or --broker ADDRESS with --store FILE")
        raise UsageError(told)
    if given["broker"] is not None and given["kept"] is None:
        raise UsageError(_("--broker needs --store: what is acknowledged must be kept"))
    if (given["ack"] is None) != (given["reason"] is None):
        raise UsageError(_("--ack and --reason belong together; give both"))
    if given["ack"] is not None and given["kept"] is None:
        raise UsageError(_("--ack needs --store: an alarm is taken note of in the store of its readings"))
    if (given["accept"] is None) != (given["out"] is None):
        raise UsageError(_("--accept and --out belong together; give both"))


class DayWatch:
    """Works a day out from its store, and tells those who asked: the page, the file of news, the address."""

    def __init__(self, day: DayPlan, setup: Setup, store: ReadingStore, given: dict[str, Any], *, quiet: bool) -> None:
        from coldchain.telemetry.outbox import to_address, to_file

        self.day, self.setup, self.store, self.quiet = day, setup, store, quiet
        self.page: Path | None = given["page"]
        self.archive: Path | None = given["archive"]
        self.listens = given["broker"] is not None
        self._archived = -1
        self.every_s: float = given["every_s"]
        self.channels = {}
        if given["lines"] is not None:
            self.channels[f"file:{given['lines']}"] = to_file(given["lines"])
        if given["webhook"] is not None:
            self.channels[str(given["webhook"])] = to_address(given["webhook"])

    def renew(self, *, live: bool) -> Watched:
        """Work the day out, write the page, send the news."""
        from coldchain.telemetry.outbox import send
        from coldchain.telemetry.page import write_page
        from coldchain.telemetry.watch import watched

        self._write_days()
        found = watched(self.store, self.day, self.setup)
        if self.page is not None:
            every_s = self.every_s if live else None
            _written(self.page, lambda path: write_page(found, path, every_s=every_s))
        for channel, post in self.channels.items():
            left = send(found, self.store, channel, post)
            if left and not self.quiet:
                told = _("warning: {channel} did not take {count} news of alarms; they are tried again")
                click.echo(told.format(channel=channel, count=left), err=True)
        return found

    def _write_days(self) -> None:
        """Write days of readings as Parquet: all that changed, while listening those before today, once a day."""
        if self.archive is None:
            return
        from coldchain.telemetry.archive import MS_PER_DAY, write_days

        today = int((1000.0 * time.time() + 3_600_000.0 * self.setup.offset_h) // MS_PER_DAY)
        if self._archived == today:
            return
        try:
            made = write_days(self.store, self.archive, self.setup.offset_h, today if self.listens else None)
        except ColdchainError as error:
            if not self.listens:
                raise
            told = _("warning: {error}; tried again in {seconds:.0f} s, the store keeps all")
            click.echo(told.format(error=error, seconds=self.every_s), err=True)
            return
        self._archived = today
        if not self.quiet:
            told = _("days of readings written to {folder}: {count}")
            click.echo(told.format(folder=self.archive, count=len(made)), err=True)


def _listen(desk: DayWatch, reader: MessageReader, given: dict[str, Any]) -> None:
    """Listen to the broker until Ctrl-C or the time that was asked for; renew the desk now and then."""
    from coldchain.telemetry.broker import Listener, address_of

    files = {name: given[name] for name in ("client", "ca", "certificate", "key")}
    listener = Listener(address_of(given["broker"], given["topic"], **files), desk.store, reader)
    clock = {"began": time.monotonic(), "renewed": time.monotonic()}
    with interruptible() as stopped:

        def stop() -> bool:
            over = given["for_s"] is not None and time.monotonic() - clock["began"] >= given["for_s"]
            return over or stopped()

        def idle() -> None:
            if time.monotonic() - clock["renewed"] >= desk.every_s:
                clock["renewed"] = time.monotonic()
                desk.renew(live=True)

        listener.listen(stop, idle)
    if not desk.quiet:
        told = _("{taken} messages taken, {refused} of them no readings")
        click.echo(told.format(taken=listener.taken, refused=listener.refused), err=True)


def _report(found: Watched, proposed: list[Proposal] | None, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        more = {} if proposed is None else {"proposals": [one.as_dict(found) for one in proposed]}
        click.echo(json.dumps({**found.as_dict(), **more}, ensure_ascii=False))
        return
    from coldchain.telemetry.terminal import print_watched

    print_watched(found, SHOWN)
    if proposed is not None:
        from coldchain.diversions.terminal import print_proposals

        print_proposals(proposed, found, SHOWN)
    if found.unknown and not quiet:
        shown = _(", ").join(found.unknown[:SHOWN])
        told = _("warning: no place is known of these devices: {devices}; list them with --sensors")
        click.echo(told.format(devices=shown), err=True)
