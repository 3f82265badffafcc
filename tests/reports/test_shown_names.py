"""Wherever a thing is shown, its name stands with its id behind it; where there is only an id, it stands once."""

from __future__ import annotations

import pandas as pd
import pytest

from coldchain.language import speaking
from coldchain.model.naming import Named, Names, labelled
from coldchain.reports.comparing import alternative_rows, comparison_tables
from coldchain.reports.words import reckoned
from coldchain.runs import Run
from coldchain.sweeps.alternatives import Alternative, Alternatives, SiteNeed
from coldchain.sweeps.compare import compare
from coldchain.sweeps.villages import OPTION_COLUMNS, VillageReasons

BRIDGE = "Bridge"
OPTION = {
    "commodities": "pear", "period": "", "depot": "S1", "zone": "cold", "method": "forced_air", "direct_h": 0.5,
    "loss_share": 0.1, "cost_cny_t": 90.0, "saves_cny_t": 40.0, "open": True, "fill": 0.5, "full_in": "", "share": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "key", "name", "shown"),
    [
        ("en", "S1", "Mill", "Mill (S1)"),
        ("zh", "S1", "磨坊", "磨坊（S1）"),
        ("en", "S1", "S1", "S1"),
        ("zh", "S1", "", "S1"),
    ],
)
def test_name_and_id(lang: str, key: str, name: str, shown: str) -> None:
    """Brackets are those of the language, and nothing is said twice."""
    with speaking(lang):
        assert labelled(key, name) == shown


def _village(goes: dict[str, float], *options: dict[str, object]) -> VillageReasons:
    table = pd.DataFrame(options, columns=OPTION_COLUMNS)
    return VillageReasons("V1", "Guanzhuang", 10.0, 10.0, table, 5.0, goes, 0, "", sites={"S1": "Mill", "S2": BRIDGE})


def test_sentences_of_a_village() -> None:
    """The way taken, the cheaper one and the depot it would go to are named."""
    cheaper = {**OPTION, "depot": "S2", "method": "room", "cost_cny_t": 80.0, "open": False, "share": 0.0}
    told = " ".join(_village({"S2": 10.0}, cheaper, OPTION).lines())
    assert "100% to Mill (S1) with forced air" in told
    assert "cheaper would be Bridge (S2) with room cooling by 10 CNY/t, not built" in told
    assert "it would go to Bridge (S2): 10 t" in told
    stays = " ".join(_village({}, {**OPTION, "share": 0.0}).lines())
    assert "the best site, Mill (S1), would save 40 CNY/t" in stays


def test_sentences_of_a_village_in_chinese() -> None:
    """Full-width brackets."""
    with speaking("zh"):
        assert "送往 Mill（S1）的差压预冷" in " ".join(_village({"S1": 10.0}, OPTION).lines())


def test_sites_of_alternatives() -> None:
    """In sentences and in the table; the object for programs keeps ids."""
    one = Alternative(("S1",), 5.0, 1e6, 0.1, 0.5, 0.0, ())
    other = Alternative(("S2",), 5.1, 1e6, 0.1, 0.5, 0.0, ("S1",))
    found = Alternatives(
        "loss_t", 0.1, 5.0, 5.0, (one, other), (SiteNeed("S1", "spared", 5.1, 4.0),), 1, {"S1": "Mill", "S2": BRIDGE}
    )
    assert found.lines()[-1].endswith("within it: Mill (S1)")
    facts = found.as_dict()
    assert facts["found"][1]["sites"] == ("S2",)
    assert "names" not in facts
    rows = alternative_rows(facts["found"], "loss_t", Names([Named("S1", ("Mill",)), Named("S2", (BRIDGE,))]))
    assert [row[-2:] for row in rows] == [("Mill (S1)", "the run"), ("+Bridge (S2) -Mill (S1)", "Mill (S1)")]


def _run(name: str, depot: str) -> Run:
    depots = pd.DataFrame(
        {
            "depot": ["S1", "S2"], "name": ["Mill", "S2"], "standing_modules": "", "capex_cny": 1.0,
            "new_modules": ["hall:1" if depot == key else "" for key in ("S1", "S2")], "subsidy_cny": 0.0,
            "tonnes_year": 1.0,
        }
    )  # fmt: skip
    lot = {"village": "V1", "depot": depot, "tonnes": 3.0, "loss_t": 1.0, "loss_cny": 1.0, "delivery_h": 5.0}
    villages = pd.DataFrame({"village": ["V1"], "name": ["Guanzhuang"]})
    scenario = {"name": "x", "variant": "base", "sha256": "0"}
    summary = {"scenario": scenario, "objective": {"name": "loss_t"}, "interrupted": False}
    return Run(summary, {"depots": depots[depots["depot"] == depot], "lots": pd.DataFrame([lot]),
                         "villages": villages}, name=name)  # fmt: skip


def test_tables_of_a_comparison() -> None:
    """Depots that differ, villages that move and where to; the frames keep ids."""
    found = compare(_run("one", "S1"), _run("two", "S2"))
    _figures, depots, moved = comparison_tables(found, ("one", "two"))
    assert [row[0] for row in depots[1]] == ["Mill (S1)", "S2"]
    assert moved[1][0][0] == "Guanzhuang (V1)"
    assert moved[1][0][2:4] == ("Mill (S1)", "S2")
    assert found.villages["from_depots"].tolist() == ["S1"]
    assert set(found.as_dict()) == {"schema", "a", "b", "notes", "figures", "depots", "villages"}


@pytest.mark.parametrize("key", ["S1", "1", "a.b", "冷库(1)"])
def test_award_of_several_depots_names_each(key: str) -> None:
    """Only the ids before the amounts are names; nothing within the amounts is touched."""
    text = f"{key}: 1 × hall (9 m³ × 1: 2); S2: 2 × hall (not eligible)"
    shown = reckoned(text, {key: "Mill", "S2": r"a\1 (S2)"})
    assert shown == r"Mill: 1 × hall (9 m³ × 1: 2); a\1 (S2): 2 × hall (not eligible)"
