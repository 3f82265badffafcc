"""Crops as lists name them: by id, English or Chinese name of the catalogue, or a common word for a kind."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from coldchain.language import _, language
from coldchain.scenario import catalogue_table
from coldchain.scenario.headings import fold

KINDS: Mapping[str, str] = {
    "柑橘": "ponkan", "柑桔": "ponkan", "橘子": "ponkan", "桔子": "ponkan", "蜜橘": "ponkan", "蜜桔": "ponkan",
    "柑": "ponkan", "citrus": "ponkan", "mandarin": "ponkan", "冰糖橙": "navel_orange", "橙子": "navel_orange",
    "橙": "navel_orange", "orange": "navel_orange", "白菜": "chinese_cabbage",
    "生菜": "lettuce_leaf", "包菜": "cabbage",
    "青菜": "pak_choi", "西红柿": "tomato", "青椒": "chilli", "豆角": "snap_bean", "土豆": "potato", "洋芋": "potato",
    "蘑菇": "shiitake", "食用菌": "shiitake", "奇异果": "kiwifruit", "黄桃": "peach", "水蜜桃": "peach", "雪梨": "pear",
    "黄花梨": "pear", "提子": "grape", "竹笋": "bamboo_shoot", "茶叶": "tea_leaf", "鲜茶": "tea_leaf", "李": "plum",
}  # fmt: skip
"""Word for a kind -> crop of the catalogue whose figures stand for it."""
BRACKETS = re.compile(r"[(（].*?[)）]")
LEAST_PART = 2
LIKENESS = 0.6


@dataclass(frozen=True)
class Crops:
    """Every name that a crop goes by, folded, with its id; and what each crop is called."""

    ids: Mapping[str, str]
    titles: Mapping[str, str]

    @classmethod
    def known(cls) -> Crops:
        """Return the crops of the catalogue."""
        nouns = {str(vars(noun)["id"]): vars(noun) for noun in catalogue_table("commodity")}
        ids: dict[str, str] = {}
        for key, values in nouns.items():
            for name in _names(values):
                ids.setdefault(fold(name), key)
        shown = "name_zh" if language() == "zh" else "name"
        titles = {key: f"{values.get(shown) or values.get('name') or key} ({key})" for key, values in nouns.items()}
        return cls({**KINDS, **ids}, titles)

    def find(self, text: str) -> str | None:
        """Return the id of a crop; a longer word such as 红心猕猴桃 is the crop whose name is its longest part."""
        folded = fold(BRACKETS.sub("", text)) or fold(text)
        if folded in self.ids:
            return self.ids[folded]
        parts = [name for name in self.ids if len(name) >= LEAST_PART and name in folded]
        return self.ids[max(parts, key=len)] if parts else None

    def stands_for(self, text: str) -> bool:
        """Tell whether a text is only a word for a kind, so that the choice of crop is an assumption."""
        return fold(text) in KINDS

    def guess(self, text: str) -> str:
        """Return the crop whose name looks most like a text, as a phrase; empty when none does."""
        near = difflib.get_close_matches(fold(text), list(self.ids), 1, LIKENESS)
        return _('did you mean "{value}"?').format(value=near[0]) if near else ""


def _names(values: Mapping[str, Any]) -> Iterable[str]:
    yield str(values["id"])
    for text in (str(values.get("name", "")), str(values.get("name_zh", ""))):
        whole = BRACKETS.sub("", text)
        yield from (part.strip() for part in (text, whole, *whole.split("/")) if part.strip())
