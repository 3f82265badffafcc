"""The list of proposed builders of a plan: what each builds, and which limit sets its award."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from coldchain.language import _
from coldchain.model import AwardBasis, Scenario, Site, award_basis, cap_cny, eligible_owner, eligible_type
from coldchain.model.naming import labelled
from coldchain.papers.contents import Kinds, ModuleCount, archive_line, builder_of, county_of, places_of
from coldchain.papers.notice import NoticeRow, Occasion, notice, plain
from coldchain.papers.paper import Paper
from coldchain.planning.notice import share_in_words
from coldchain.runs import Run


def proposal_paper(run: Run) -> Paper:
    """Return the list of proposed builders as a paper.

    Raises
    ------
    BadInputError
        When the scenario, whose rule and fields are read, cannot be.
    """
    scenario = run.scenario
    counties = tuple(dict.fromkeys(run.tables["subsidies"]["county"].astype(str)))
    occasion = Occasion(
        "proposed", scenario.papers, scenario.subsidy, county_of(run.tables["villages"], scenario.name), counties,
        scenario.name, foot=archive_line(run.summary),
    )  # fmt: skip
    return notice(proposed_rows(run), occasion)


def proposed_rows(run: Run) -> list[NoticeRow]:
    """Return one row for each owner that builds, in the order of the run.

    Raises
    ------
    BadInputError
        When the scenario, whose rule is read, cannot be.
    """
    builders = Builders.of(run)
    return [builders.row(row) for row in run.tables["subsidies"].to_dict("records")]


@dataclass(frozen=True)
class Builders:
    """Who builds what, where.

    Attributes
    ----------
    depots : row of the run's table of depots, by id
    places : where each depot stands, in words
    """

    scenario: Scenario
    kinds: Kinds
    sites: Mapping[str, Site]
    depots: Mapping[str, Mapping[str, Any]]
    places: Mapping[str, str]

    @classmethod
    def of(cls, run: Run) -> Builders:
        """Read them off a run."""
        table = run.tables["depots"]
        ids = table["depot"].astype(str)
        return cls(
            run.scenario,
            Kinds.of(run.scenario),
            {site.id: site for site in run.scenario.sites},
            {key: {str(name): cell for name, cell in row.items()}
             for key, row in zip(ids, table.to_dict("records"), strict=True)},
            dict(zip(ids, places_of(table, run.tables["villages"]), strict=True)),
        )  # fmt: skip

    def row(self, given: Mapping[Any, Any]) -> NoticeRow:
        """Return the row of a builder."""
        keys = [key for key in str(given["depots"]).split(";") if key in self.depots]
        built = [(self.sites[key], one) for key in keys if key in self.sites for one in self._built(key)]
        words, limits = _reckoned(self.scenario, built)
        cap = cap_cny(self.scenario.subsidy, str(given["owner"]))
        if given["capped"] and cap < math.inf:
            limits = [_("cap of CNY {cap} a builder").format(cap=plain(cap))]
        return NoticeRow(
            owner=builder_of(str(given["owner"]), {key: self._name(key) for key in self.depots}),
            owner_kind=str(given["owner_kind"]),
            place=_("; ").join(labelled(self.places[key], self._name(key)) for key in keys),
            content=_("; ").join(str(one) for one in _merged(one for _site, one in built)),
            depots=len(keys),
            modules=sum(one.count for _site, one in built),
            net_m3=float(given["net_m3"]),
            investment_cny=float(given["investment_cny"]),
            award_cny=float(given["award_cny"]),
            reckoning=_("; ").join(words),
            limit=_("; ").join(dict.fromkeys(limits)),
        )

    def _name(self, key: str) -> str:
        """Return what a depot is called."""
        return str(self.depots[key]["name"] or key)

    def _built(self, key: str) -> Iterator[ModuleCount]:
        for column in ("new_modules", "units_bought"):
            yield from self.kinds.read(str(self.depots[key][column]))


def _merged(modules: Iterable[ModuleCount]) -> list[ModuleCount]:
    """Add up modules of one type."""
    found: dict[str, ModuleCount] = {}
    for one in modules:
        before = found.get(one.key)
        found[one.key] = ModuleCount(one.key, one.count + (before.count if before else 0), one.kind)
    return list(found.values())


def _reckoned(scenario: Scenario, built: Iterable[tuple[Site, ModuleCount]]) -> tuple[list[str], list[str]]:
    """Return how the award of each type comes about, and which limits set them."""
    words, limits = [], []
    for site, one in built:
        kind = one.kind
        if kind is None or not (eligible_owner(scenario.subsidy, site) and eligible_type(scenario.subsidy, kind)):
            words.append(_("{modules}: none").format(modules=one))
            limits.append(_("not eligible"))
            continue
        basis = award_basis(scenario.subsidy, kind, site.county)
        words.append(_("{modules}: {sum}").format(modules=one, sum=in_words(basis, one.count)))
        limits.append(limit_in_words(basis))
    return words, limits


def in_words(basis: AwardBasis, count: int) -> str:
    """Return a sum such as ``2 × 200 m³ × 700 CNY/m³ × 30%``."""
    text = {
        "cost": _("{capex:,.0f} CNY × {share}"),
        "volume_cost": _("{net_m3:,g} m³ × {price:,.0f} CNY/m³ × {share}"),
        "volume": _("{net_m3:,g} m³ × {price:,.0f} CNY/m³"),
    }[basis.limit]
    share = share_in_words(basis)
    made = text.format(capex=basis.capex_cny, share=share, net_m3=basis.net_m3, price=basis.price_cny_m3)
    return _("{count} × {sum}").format(count=count, sum=made) if count > 1 else made


def limit_in_words(basis: AwardBasis) -> str:
    """Return which limit sets an award, as a list names it."""
    text = {
        "cost": _("interest on the loan") if basis.loan_years else _("{rate:.0%} of the cost"),
        "volume_cost": _("stated cost by volume"),
        "volume": _("stated award by volume"),
    }[basis.limit]
    return text.format(rate=basis.rate)
