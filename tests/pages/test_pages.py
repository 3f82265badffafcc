"""The planning page: what a tab asks for and shows, without a server; and the command that serves it."""

from __future__ import annotations

import gc
import json
import shutil
import signal
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from page_cases import PATIENCE_S, answer, click, opened, planned, served
from perishable import write_perishable
from planned import saved

from coldchain.cli import run
from coldchain.errors import BrokenOffError, InfeasibleError, UsageError
from coldchain.language import speaking
from coldchain.pages import PlanningDesk, words
from coldchain.pages.asked import FORBIDDEN, FORCED, STATED
from coldchain.pages.desk import Stop
from coldchain.pages.planning import PlanningPage
from coldchain.pages.server import checked_host, checked_tls
from coldchain.pages.states import Changes, PlanState, VillageLot
from coldchain.planning import Options, Plan, lay_ground, replan
from coldchain.progress import Event, Say, Stage
from coldchain.scenario.edits import Edits


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> PlanningDesk:
    """Open a county of six villages; its first plan is made once."""
    folder = tmp_path_factory.mktemp("desk") / "county"
    write_perishable(6, 3, folder)
    return PlanningDesk.open(folder)


def text_of(page: PlanningPage) -> str:
    """All words that the page shows beside its widgets."""
    return "\n".join(one.text for one in (page.status, page.figures, page.changes, page.commands))


def test_a_site_is_forbidden_planned_without_and_given_back(desk: PlanningDesk) -> None:
    page = opened(desk)
    assert "No plan yet" in page.figures.text
    first = planned(page)
    site = next(iter(first.modules))
    page.choose(site, FORBIDDEN)
    assert "Changed since the plan shown" in page.status.text
    without = planned(page)
    assert site not in without.modules
    assert without.summary["annual_cny"]["total"] > first.summary["annual_cny"]["total"]
    assert page.states[page.past] is first
    assert "Lose more" in page.changes.text
    page.list.value = "0"
    assert page.states[page.shown] is first
    assert page.asked.choices[site] == STATED
    assert (len(page.states), page.status.text) == (2, "")


def test_table_map_and_buttons_say_the_same(desk: PlanningDesk) -> None:
    """A cell edited, a row or a mark selected, a site named: each ends in the same choice."""
    page = opened(desk)
    source, site = page.map.sites, desk.scenario.sites[0].id
    source.patch({"choice": [(0, "forced")]})
    assert page.asked.choices[site] == FORCED
    assert source.data["marker"][0] == "triangle"
    source.selected.indices = [0]
    assert (page.tools.site.value, page.tools.choice.value) == (site, FORCED)
    page.tools.choice.value = FORBIDDEN
    assert page.asked.choices[site] == FORBIDDEN
    assert source.data["choice"][0] == "forbidden"
    page.tools.site.value = ""
    assert (source.selected.indices, page.tools.choice.disabled) == ([], True)
    page.tools.site.value = site
    assert source.selected.indices == [0]


def test_the_plan_depends_on_what_is_asked_not_on_the_way(desk: PlanningDesk) -> None:
    """There and back ends where it began; another tab gets the same plan, and sees nothing of the first tab's."""
    one, other = opened(desk), opened(desk)
    first = planned(one)
    one.controls.budget.value = first.summary["investment"]["subsidy_cny"] / 2
    half = planned(one)
    assert half.summary["investment"]["subsidy_cny"] <= one.controls.budget.value
    one.controls.budget.value = desk.scenario.siting.budget_cny
    assert planned(one) is first
    assert other.states == []
    other.controls.budget.value = half.summary["investment"]["budget_cny"]
    again = planned(other)
    assert again.summary["annual_cny"] == half.summary["annual_cny"]
    assert again.villages == half.villages


@pytest.mark.slow
def test_the_ground_kept_gives_what_ground_laid_anew_gives(desk: PlanningDesk) -> None:
    """The page keeps roads and lanes between plans; the command line reads them again."""
    first = desk.first(lambda _event: None, lambda: False)
    edits = Edits(budget_cny=51_000.0, force=(desk.scenario.sites[0].id,))
    options = Options.warm()
    anew = replan(lay_ground(edits.on(desk.scenario), options), first.run, options)
    assert desk.plan(edits, lambda _event: None, lambda: False).summary["annual_cny"] == anew.summary["annual_cny"]


@pytest.mark.slow
def test_the_command_line_shown_plans_the_same(
    desk: PlanningDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(desk)
    planned(page)
    page.choose(desk.scenario.sites[0].id, FORCED)
    page.controls.budget.value = 61_234.5
    shown = planned(page)
    monkeypatch.chdir(tmp_path)
    lines = desk.commands(page.edits)
    for line in lines:
        assert run([*line[1:], "--quiet"]) == 0
    summary = json.loads((tmp_path / lines[-1][-1] / "summary.json").read_text(encoding="utf-8"))
    for part in ("objective", "loss", "investment", "annual_cny", "villages"):
        assert summary[part] == shown.summary[part]


def test_a_run_opens_with_its_plan_and_goes_on_from_it(small_plan: Plan, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    site = small_plan.scenario.sites[-1].id
    arguments = {"scenario": str(small_plan.scenario.folder), "variant": "base", "forbid": [site], "force": []}
    saved(small_plan, folder, arguments)
    desk = PlanningDesk.open(folder)
    page = opened(desk)
    assert page.asked.choices[site] == FORBIDDEN
    assert [state.summary["annual_cny"] for state in page.states] == [small_plan.summary["annual_cny"]]
    assert page.commands.text == ""
    page.choose(site, STATED)
    assert f"--after {folder}" in page.commands.text
    assert "--forbid" not in page.commands.text


def failing(error: Exception) -> Callable[[Edits, Say, Stop], PlanState]:
    """Return a planner that fails."""

    def plan(_edits: Edits, _say: Say, _stop: Stop) -> PlanState:
        raise error

    return plan


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InfeasibleError("needs 3 <more> depots"), "needs 3 &lt;more&gt; depots"),
        (ZeroDivisionError("by <b>nothing</b>"), "bug in coldchain: ZeroDivisionError: by &lt;b&gt;nothing&lt;/b&gt;"),
    ],
)
def test_a_planning_that_fails_says_so_and_frees_the_page(desk: PlanningDesk, error: Exception, said: str) -> None:
    own = replace(desk)
    own.plan = failing(error)  # type: ignore[method-assign]
    page = opened(own)
    click(page, page.go)
    assert page.job is not None
    page.job.wait(PATIENCE_S)
    page.poll()
    assert said in page.status.text
    assert (page.go.disabled, page.halt.disabled, page.shown) == (False, True, -1)


def test_a_budget_of_a_few_yuan_is_refused_on_the_page(desk: PlanningDesk) -> None:
    page = opened(desk)
    page.controls.budget.value = 36.0
    click(page, page.go)
    assert "if 万元 was meant, write 360000" in page.status.text
    assert page.job is None


def test_cancelling_frees_the_page_at_once_and_ends_the_work(desk: PlanningDesk) -> None:
    own = replace(desk)
    reached = []

    def endless(_edits: Edits, say: Say, stop: Stop) -> PlanState:
        say(Event(Stage.ROUTING, done=1, of=3))
        while not stop():
            pass
        reached.append(True)
        raise InfeasibleError("too late to be heard")

    own.plan = endless  # type: ignore[method-assign]
    page = opened(own)
    click(page, page.go)
    job = page.job
    assert job is not None
    while job.event is None:
        pass
    page.poll()
    assert "routing: 1 of 3 depots" in page.status.text
    assert (page.go.disabled, page.halt.disabled) == (True, False)
    click(page, page.halt)
    assert (page.go.disabled, page.halt.disabled) == (False, True)
    job.wait(PATIENCE_S)
    page.poll()
    assert reached == [True]
    assert page.status.text.count("Cancelled; nothing was changed.") == 1


def test_a_first_plan_cut_short_is_not_kept(desk: PlanningDesk) -> None:
    """Others start from it: it must be the one that the command line makes."""
    own = replace(desk, _first=None)
    with pytest.raises(BrokenOffError, match="Cancelled; nothing was changed"):
        own.plan(Edits(), lambda _event: None, lambda: True)
    assert own._first is None


def test_names_are_shown_and_never_run(desk: PlanningDesk) -> None:
    evil = "<img src=x onerror=alert(1)>"
    villages = tuple(one.model_copy(update={"name": evil}) for one in desk.scenario.villages)
    sites = tuple(one.model_copy(update={"name": evil}) for one in desk.scenario.sites)
    own = replace(desk, scenario=replace(desk.scenario, name=evil, villages=villages, sites=sites))
    page = opened(own)
    titles = [root.text for root in page.document.roots if root.name == "title"]
    assert evil not in titles[0]
    lots = [VillageLot(one.id, evil, 1.0, "a") for one in villages]
    names = {"a": evil, "b": evil}
    before = PlanState(Edits(), {}, {}, tuple(lots), names=names)
    after = PlanState(Edits(), {}, {}, tuple(replace(lot, loss_t=2.0, depot="b") for lot in lots), names=names)
    shown = words.changes_html(before, after) + words.commands_html([evil])
    assert evil not in shown
    assert "&lt;img src=x" in shown


def test_who_gains_and_who_loses() -> None:
    """Those who lose most come first; the same loss at another depot is neither."""
    before = (VillageLot("1", "1", 5.0, "a"), VillageLot("2", "2", 5.0, "a"), VillageLot("3", "3", 5.0, "a"))
    after = (VillageLot("1", "1", 3.0, "b"), VillageLot("2", "2", 5.001, "b"), VillageLot("3", "3", 9.0, ""))
    found = Changes.between(PlanState(Edits(), {}, {}, before), PlanState(Edits(), {}, {}, after))
    assert [(one.label, one.more_t) for one in found.gain] == [("1", -2.0)]
    assert [(one.label, one.more_t) for one in found.lose] == [("3", 4.0)]
    assert [one.label for one in found.moved] == ["2"]


def test_each_tab_speaks_the_language_of_its_address(desk: PlanningDesk) -> None:
    chinese, english = opened(desk, "zh"), opened(desk, "xx")
    assert (chinese.go.label, english.go.label) == ("开始规划", "Plan now")
    click(chinese, chinese.go)
    assert chinese.job is not None
    chinese.job.wait(PATIENCE_S)
    chinese._guarded(chinese.poll)()
    with speaking("zh"):
        assert all(label in chinese.figures.text for label in words.figures_of(chinese.states[0]))
    assert "Loss" not in text_of(chinese)
    assert "预算" in chinese.list.options[0][1]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::"])  # noqa: S104 - refused
def test_only_this_computer_may_listen(host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="over TLS only"):
        checked_host(host)
    assert run(["serve", str(tmp_path), "--host", host]) == 2
    assert "SSH tunnel" in capsys.readouterr().err


@pytest.mark.parametrize(("host", "address"), [("localhost", "127.0.0.1"), ("127.0.0.2", "127.0.0.2"), ("::1", "::1")])
def test_addresses_of_this_computer(host: str, address: str) -> None:
    assert checked_host(host) == address


def certificate(folder: Path) -> tuple[str, str]:
    """Make a certificate for this computer."""
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]  # fmt: skip
    subprocess.run(made, check=True, capture_output=True)
    return cert, key


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate with")
def test_over_tls_the_address_is_https(desk: PlanningDesk, tmp_path: Path) -> None:
    """With a certificate others may be let in; here it is tried on loopback."""
    cert, key = certificate(tmp_path)
    tls = checked_tls(Path(cert), Path(key))
    assert checked_host("192.168.1.4", tls) == "192.168.1.4"
    with served(desk.source, "--cert", cert, "--key", key) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=cert)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting)
        )
        with opener.open(url, timeout=PATIENCE_S) as got:
            assert got.status == 200
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=PATIENCE_S)
        assert server.returncode == 0


def test_certificates_that_do_not_serve_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--cert and --key belong together"):
        checked_tls(tmp_path / "cert.pem", None)
    with pytest.raises(UsageError, match="cannot be used"):
        checked_tls(tmp_path / "cert.pem", tmp_path / "key.pem")
    with pytest.raises(UsageError, match="is not an IP address"):
        checked_host("county.example")


def test_a_run_knows_its_variant(tmp_path: Path, small_plan: Plan) -> None:
    folder = tmp_path / "run"
    arguments = {"scenario": str(small_plan.scenario.folder), "variant": "base"}
    saved(small_plan, folder, arguments)
    with pytest.raises(UsageError, match="a run knows its variant"):
        PlanningDesk.open(folder, "half")


@pytest.mark.filterwarnings("ignore:Exception ignored in.*socket:pytest.PytestUnraisableExceptionWarning")
def test_the_command_prints_one_line_serves_and_ends(desk: PlanningDesk, capsys: pytest.CaptureFixture[str]) -> None:
    """The page needs its token, fetches nothing from elsewhere, and a second server cannot take the port."""
    with served(desk.source) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        status, page = answer(f"{url}&lang=zh")
        assert status == 200
        assert '<html lang="zh">' in page
        assert "https://" not in page
        bare, _, token = url.partition("?token=")
        assert len(token) > 20
        wrong = (bare, f"{bare}?token=", f"{url}x", f"{bare}metadata", f"{bare}autoload.js")
        assert {answer(one)[0] for one in wrong} == {403}
        port = bare.rstrip("/").rpartition(":")[2]
        assert run(["serve", str(desk.source), "--no-browser", "--port", port]) == 2
        assert f"port {port} cannot be used" in capsys.readouterr().err
        gc.collect()  # tornado leaves a socket open that could not be bound
        server.send_signal(signal.SIGTERM)
        rest, _err = server.communicate(timeout=PATIENCE_S)
        assert (server.returncode, rest) == (0, "")
