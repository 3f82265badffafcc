"""What a plan brings a year net of all it costs, against today's chain, and how soon the investment is earned back."""

from __future__ import annotations

from dataclasses import dataclass

from coldchain.economy import Bill


@dataclass(frozen=True)
class Net:
    """Yearly totals, value lost included, CNY: of today's chain and of the plan.

    ``capital_cny`` is the yearly capital in the plan's total, ``investment_cny`` what is built, once.
    """

    today_cny: float
    plan_cny: float
    capital_cny: float
    investment_cny: float

    @classmethod
    def of(cls, today: Bill, plan: Bill, investment_cny: float) -> Net:
        """Compare two years; what stands already costs its upkeep on both sides."""
        return cls(today.total, plan.total, plan.capital, investment_cny)

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
