"""What a plan brings a year net of all it costs, against today's chain, and how soon the investment is earned back."""

from __future__ import annotations

from dataclasses import dataclass

from coldchain.economy import Bill


@dataclass(frozen=True)
class Net:
    """Yearly totals, value lost included, CNY: of today's chain and of the plan.

    ``capital_cny`` is the yearly capital in the plan's total, ``investment_cny`` what is built, once; ``depots_cny`` is
    what depots cost a year (operation, electricity, capital) and ``cooled_t`` what passes through them.
    """

    today_cny: float
    plan_cny: float
    capital_cny: float
    investment_cny: float
    depots_cny: float = 0.0
    cooled_t: float = 0.0

    @classmethod
    def of(cls, today: Bill, plan: Bill, investment_cny: float, cooled_t: float) -> Net:
        """Compare two years; what stands already costs its upkeep on both sides."""
        depots_cny = plan.operation + plan.energy + plan.capital
        return cls(today.total, plan.total, plan.capital, investment_cny, depots_cny, cooled_t)

    @property
    def depot_cny_t(self) -> float | None:
        """Cost of depots for a tonne that passes through, without handling; None where none does.

        Examples
        --------
        >>> Net(900.0, 700.0, 50.0, 1000.0, depots_cny=120.0, cooled_t=2.0).depot_cny_t
        60.0
        """
        return self.depots_cny / self.cooled_t if self.cooled_t > 0 else None

    @property
    def benefit_cny(self) -> float:
        """What a year costs less than today's, capital paid."""
        return self.today_cny - self.plan_cny

    @property
    def payback_years(self) -> float | None:
        """Investment over the yearly benefit before capital; None where nothing is built or nothing comes back.

        Examples
        --------
        >>> Net(900.0, 700.0, 50.0, 1000.0).payback_years
        4.0
        >>> Net(900.0, 1000.0, 50.0, 1000.0).payback_years is None
        True
        """
        yearly = self.benefit_cny + self.capital_cny
        return self.investment_cny / yearly if self.investment_cny > 0 and yearly > 0 else None
