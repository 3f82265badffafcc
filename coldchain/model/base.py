"""What every noun shares: frozen, no unknown keys, no NaN; and how a figure states its unit and default."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Method = Literal["room", "forced_air", "vacuum", "hydro"]
Status = Literal["optimal", "feasible", "infeasible", "limit"]


class Noun(BaseModel):
    """A frozen record checked on creation; unknown keys, NaN and infinity are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def figure(
    unit: str, meaning: str, default: Any = ..., *, usual: tuple[float, float] | None = None, **limits: Any
) -> Any:
    """Declare a field with its unit and meaning; the data dictionary and the checks both read it.

    Parameters
    ----------
    unit : as printed in the dictionary, for example ``"t/day"``; ``"-"`` for none
    meaning : one sentence
    default : the value when a table or the scenario does not give one; required when left out
    usual : range in which the figure lies in practice; what lies outside is doubted, not refused
    limits : pydantic bounds such as ``ge=0``
    """
    extra: dict[str, Any] = {"unit": unit} if usual is None else {"unit": unit, "usual": list(usual)}
    return Field(default, description=meaning, json_schema_extra=extra, **limits)
