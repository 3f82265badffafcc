"""Printable pages, Chinese and English side by side, in one HTML file each without any network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from coldchain.sharing import yuan

RULES = {
    "shapley": ("沙普利值", "Shapley value"),
    "nucleolus": ("核仁", "nucleolus"),
    "prenucleolus": ("预核仁", "prenucleolus"),
    "per_capita_nucleolus": ("人均核仁", "per-capita nucleolus"),
    "equal_profit": ("等利润率法（核心内）", "equal profit, inside the core"),
    "lorenz": ("洛伦兹最优（核心内）", "Lorenz-maximal, inside the core"),
    "equal_charge": ("剩余成本均摊法", "marginal cost, the rest in equal parts"),
    "scrb_aca": ("可分成本—剩余效益法", "separable costs, remaining benefits"),
    "proportional": ("按单独成本比例", "in proportion to stand-alone cost"),
    "volume": ("按数量比例", "in proportion to volume"),
    "owen": ("欧文值", "Owen value"),
}
RULES_A_TABLE = 3
STYLE = """
body { font: 14px/1.45 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", system-ui, sans-serif; color: #222;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.35rem; margin: 0 0 .2rem; } h2 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
table { border-collapse: collapse; width: 100%; } td, th { padding: .3rem .5rem; border-bottom: 1px solid #ddd; }
th { text-align: right; font-weight: 600; vertical-align: bottom; } th:first-child { text-align: left; }
td:first-child { min-width: 7rem; }
td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wrap, td.n.wrap { white-space: normal; }
tr.sum td { font-weight: 700; border-top: 2px solid #555; } small, .en { color: #555; } code { font-size: .8rem;
  overflow-wrap: anywhere; } @media print { body { margin: 0; max-width: none; }
  h2 { break-after: avoid; } tr { break-inside: avoid; } }
"""


def money(cny: float) -> str:
    """Write CNY with two decimals."""
    return yuan(round(cny * 100))


def percent(share: float) -> str:
    """Write a share as per cent."""
    return f"{round(share, 3) + 0.0:+.1%}"


def statement_page(told: dict[str, Any]) -> str:
    """Return the page of one member's statement."""
    chinese, english = RULES[told["rule"]]
    low, high = told["band_cny"]
    why, leaves, lies = told["why"], told["if_it_leaves"], told["misreport_gain_cny"]
    bill = [
        ("单独经营的年成本（含损耗价值）", "cost a year standing alone, value lost included", money(told["alone_cny"])),
        ("本社分摊（含损耗价值）", "this member's share, value lost included", f"<b>{yuan(told['bill_fen'])}</b>"),
        ("节省", "saving", f"{money(told['saving_cny'])} ({percent(told['saving_share'])})"),
        ("账单不确定范围（5%–95%）", "band of the bill, 5-95 %", f"{money(low)} … {money(high)}"),
        ("年产量（吨）", "harvest, t a year", f"{told['tonnes_year']:,.1f}"),
        ("补贴申请份额", "own subsidy claim", money(told["subsidy_claim_cny"])),
    ]
    reasons = [
        ("加入所增加的总成本", "what it adds to the cost of the others", money(why["marginal_cny"])),
        (
            f"最可能另立的含本社小组（{why['nearest_group_size']} 家）单干将多付",
            f"the group with it nearest to leaving (size {why['nearest_group_size']}) would lose",
            money(why["nearest_group_loses_cny"]),
        ),
    ]
    if leaves:
        reasons += [
            ("若退出，本社多付", "if it leaves, it pays more by", money(leaves["it_loses_cny"])),
            ("若退出，其余各家合计多付", "if it leaves, the others pay more by", money(leaves["others_pay_more_cny"])),
        ]
    reasons += [
        (f"虚报产量 {share} 的得益（估计）", f"gain from reporting {share} produce (estimate)", money(gain))
        for share, gain in lies.items()
    ]
    rule = f'<p>分摊规则：{chinese}<br><span class="en">rule: {english}</span></p>'
    brings = told["brings"]
    bill += [
        (f"提供的{zh}", f"{en} it brings", escape(", ".join(brings[key])))
        for key, zh, en in (("sites", "站址", "sites"), ("vehicles", "车辆", "vehicles"))
        if brings[key]
    ]
    parts = [
        _section("账单", "Bill, CNY a year", _pairs(bill)),
        _section("依据", "Why", _pairs(reasons)),
        _section("本社各村", "Its villages, by tonnes", _villages(told)) if told["villages"] else "",
        totals_section(told["totals"]),
    ]
    return _page(f"结算单 · {told['member']}", "Settlement statement", rule + "".join(parts))


def _villages(told: dict[str, Any]) -> str:
    rows = [[v["village"], f"{v['tonnes_year']:,.1f}", yuan(v["bill_fen"])] for v in told["villages"]]
    return table(["村 village", "吨 t", "元 CNY"], rows, ["合计 all", "", yuan(told["bill_fen"])])


def totals_section(told: dict[str, Any]) -> str:
    """Return the section that everybody sees."""
    names = {
        "cost_cny": ("总成本", "cost, CNY"),
        "loss_t": ("损耗（吨）", "produce lost, t"),
        "loss_cny": ("损耗价值", "value lost, CNY"),
        "transport_cny": ("运输", "transport, CNY"),
    }
    rows = [
        [f"{names[key][0]} {names[key][1]}", f"{s['alone']:,.0f}", f"{s['together']:,.0f}", percent(s["saved_share"])]
        for key, s in told["saved"].items()
    ]
    stands = (
        ("没有任何小组能靠退出获益。", "No group gains by leaving.")
        if told["holds"]
        else (
            f"有小组退出可获益，最多 {money(told['most_any_group_gains_cny'])} 元。",
            f"Some group gains by leaving, at most {money(told['most_any_group_gains_cny'])} CNY.",
        )
    )
    mended = told["corrected"]
    if "proved_epsilon_cny" in told:
        most = money(told["proved_epsilon_cny"])
        stands = (
            f"{stands[0][:-1]}（已规划的小组）。已证明任何小组退出的得益都不超过 {most} 元。",
            f"{stands[1][:-1]} (of the groups planned). Proved: no group whatever gains more than {most} CNY.",
        )
    note = (
        f"<p>{stands[0]}<br><span class='en'>{stands[1]}</span></p>"
        f"<p><small>{told['groups_planned']} 个小组方案，其中 {mended['subadditive']} 个按分开经营修正 / group plans, "
        f"{mended['subadditive']} of them replaced by their parts apart, "
        f"{mended['monotone']} by a larger group's.</small></p>"
        f"<p><small>输入指纹 hash of all inputs</small><br><code>{told['inputs_sha256']}</code></p>"
    )
    head = ["", "各自 alone", "合作 together", "节省 saved"]
    return _section(f"全体 {told['members']} 家", f"All {told['members']} members", table(head, rows) + note)


def overview_page(told: dict[str, Any]) -> str:
    """Return the trustee's page: every rule side by side, and the verdicts."""
    players, rules = told["game"]["players"], list(told["allocations"])
    alone = told["alone_cny"]
    parts = []
    for at in range(0, len(rules), RULES_A_TABLE):
        some = rules[at : at + RULES_A_TABLE]
        rows = [[p, *(_with_saving(told["allocations"][rule][p], alone[p]) for rule in some)] for p in players]
        parts.append(table(["", *(f"{RULES[r][0]}<br>{RULES[r][1]}" for r in some)], rows))
    verdicts = [
        [f"{RULES[rule][0]} {RULES[rule][1]}", "稳定 holds" if v["holds"] else "会散 blocked",
         f'<span class="wrap">{_group(v["worst_group"], players)}</span>', money(v["gain"])]
        for rule, v in told["stability"].items()
    ]  # fmt: skip
    chinese, english = RULES[told["rule"]]
    body = (
        _section(f"账单：{chinese}", f"Bills: {english}", _bill_table(told, players))
        + _section("各规则", "All rules, CNY a year", "<br>".join(parts))
        + _section("谁会退出", "Who would leave", table(["", "", "小组 group", "得益 gain"], verdicts))
        + _section("账单不确定范围 5%–95%", "Band of each bill, 5-95 %", _bands(told, players))
        + _what_ifs(told, players)
        + totals_section(told["totals"])
    )
    return _page(f"共享冷链结算 · {told['game']['id']}", "Settlement of a shared cold chain", body)


def _group(group: Sequence[str], players: Sequence[str]) -> str:
    """Name a group, or, when it is most of the members, who is left out."""
    left = [player for player in players if player not in group]
    if 0 < len(left) < len(group) - 1:
        others = escape(" + ".join(left))
        return f"除 {others} 外各家 all but {others}"
    return escape(" + ".join(group))


def _bill_table(told: dict[str, Any], players: Sequence[str]) -> str:
    alone, fen, whole = told["alone_cny"], told["fen"], told["totals"]["bill_fen"]
    rows = [[p, money(alone[p]), yuan(fen[p]), _saving(fen[p] / 100, alone[p])] for p in players]
    apart = sum(alone.values())
    heads = ["", "单独经营 alone, CNY", "账单 bill, CNY", "节省 saved"]
    return table(heads, rows, ["合计 all", money(apart), yuan(whole), _saving(whole / 100, apart)])


def _saving(bill: float, alone: float) -> str:
    return percent(1 - bill / alone) if alone else money(alone - bill)


def _with_saving(bill: float, alone: float) -> str:
    """Write a bill and, below it, what it saves against standing alone."""
    return f"{bill:,.0f}<br><small>{_saving(bill, alone)}</small>"


def _what_ifs(told: dict[str, Any], players: Sequence[str]) -> str:
    """Return the sections on leaving and misreporting, or nothing where there is but one member."""
    if not told.get("if_leaves"):
        return ""
    leavings = _section("若有一家退出（反之即加入）", "If one leaves (read backwards: joins)", _leavings(told))
    lies = _section("虚报产量 ±10% 的得益（估计）", "Gain from misreporting by 10 % (estimate)", _lies(told, players))
    return leavings + lies


def _bands(told: dict[str, Any], players: Sequence[str]) -> str:
    low, high = told["bands"][told["rule"]]
    rows = [[p, yuan(told["fen"][p]), f"{money(a)} … {money(b)}"] for p, a, b in zip(players, low, high, strict=True)]
    return table(["", "账单 bill", "范围 band"], rows)


def _leavings(told: dict[str, Any]) -> str:
    """Return for each member what its leaving costs itself and the others."""
    rows = []
    for leaving in told["if_leaves"]:
        more = leaving["others_pay_more"]
        if not more:
            rows.append([leaving["member"], f"{leaving['plan_without_it']['cost_cny']:,.0f}", "–", "–", "–"])
            continue
        most = max(more, key=lambda player: more[player])
        payer = f'<span class="wrap">{escape(most)}: {money(more[most])}</span>' if more[most] > 0 else "–"
        figures = [money(leaving["it_loses_cny"]), money(sum(more.values())), payer]
        rows.append([leaving["member"], f"{leaving['plan_without_it']['cost_cny']:,.0f}", *figures])
    head = [
        "",
        "其余各家总成本<br>cost of the others",
        "退出者多付<br>it pays more by",
        "其余合计多付<br>others pay more by",
    ]
    return table([*head, "最愿出资挽留者<br>would pay most for it to stay"], rows)


def _lies(told: dict[str, Any], players: Sequence[str]) -> str:
    """Return the largest gain by rule, and who has it: above nothing the rule rewards lying."""
    rows = []
    for rule, gains in told["misreport_gain_cny"].items():
        cells = []
        for column in (0, 1):
            figures = [gain[column] for gain in gains]
            top = max(range(len(players)), key=lambda i: figures[i])
            cells.append(f'{money(figures[top])} <span class="wrap">({escape(players[top])})</span>')
        rows.append([f"{RULES[rule][0]} {RULES[rule][1]}", *cells])
    return table(["最大得益 largest gain, CNY", "多报 +10%", "少报 −10%"], rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], last: Sequence[str] = ()) -> str:
    """Return a table; the first column is text, the others figures. Cells of the first column are escaped."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{_cells(row)}</tr>" for row in rows)
    foot = f'<tr class="sum">{_cells(last)}</tr>' if last else ""
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}{foot}</tbody></table>"


def _cells(row: Sequence[str]) -> str:
    return f"<td>{escape(row[0])}</td>" + "".join(f'<td class="n">{cell}</td>' for cell in row[1:])


def _pairs(rows: Sequence[tuple[str, str, str]]) -> str:
    cells = "".join(
        f'<tr><td>{escape(zh)}<br><span class="en">{escape(en)}</span></td><td class="n wrap">{value}</td></tr>'
        for zh, en, value in rows
    )
    return f"<table><tbody>{cells}</tbody></table>"


def _section(chinese: str, english: str, body: str) -> str:
    return f'<h2>{escape(chinese)} <span class="en">{escape(english)}</span></h2>{body}'


def _page(chinese: str, english: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>{escape(chinese)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(chinese)}</h1><p class='en'>{escape(english)}</p>{body}"
        "</body></html>\n"
    )
