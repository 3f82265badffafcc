"""Crops as lists name them: by id, English or Chinese name of the catalogue, or a common word for a kind."""

from __future__ import annotations

from dataclasses import dataclass

from coldchain.model import Commodity
from coldchain.model.naming import CropNames, folded, named_crop
from coldchain.scenario import catalogue_table


@dataclass(frozen=True)
class Crops:
    """The crops of the catalogue, found by the words of headings and cells."""

    names: CropNames

    @classmethod
    def known(cls) -> Crops:
        """Return the crops of the catalogue."""
        return cls(CropNames([named_crop(one) for one in catalogue_table("commodity") if isinstance(one, Commodity)]))

    @property
    def titles(self) -> dict[str, str]:
        """Return id -> name and id of each crop."""
        return {key: self.names.label(key) for key in self.names.by_id}

    def find(self, text: str) -> str | None:
        """Return the id of a crop; a longer word such as 红心猕猴桃 is the crop whose name is its longest part."""
        return self.names.whole(text).id or None

    def is_name(self, text: str) -> bool:
        """Tell whether a text is a name or a word for a kind by itself, not a longer word around one."""
        return self.names.whole(text).how == "name" or self.stands_for(text)

    def stands_for(self, text: str) -> bool:
        """Tell whether a text is only a word for a kind, so that the choice of crop is an assumption."""
        return folded(text) in self.names.words

    def guess(self, text: str) -> str:
        """Return the crops whose names look most like a text, as a phrase; empty when none does."""
        return self.names.find(text).guess
