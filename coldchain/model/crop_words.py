"""Words that lists use for a kind of crop, and the crop of the catalogue whose figures stand for it."""

from __future__ import annotations

from collections.abc import Mapping

STANDS_FOR: Mapping[str, str] = {
    "柑橘": "ponkan", "柑桔": "ponkan", "橘子": "ponkan", "桔子": "ponkan", "蜜橘": "ponkan", "蜜桔": "ponkan",
    "柑": "ponkan", "citrus": "ponkan", "mandarin": "ponkan", "冰糖橙": "navel_orange", "橙子": "navel_orange",
    "橙": "navel_orange", "orange": "navel_orange", "白菜": "chinese_cabbage",
    "生菜": "lettuce_leaf", "包菜": "cabbage",
    "青菜": "pak_choi", "西红柿": "tomato", "青椒": "chilli", "豆角": "snap_bean", "土豆": "potato", "洋芋": "potato",
    "蘑菇": "shiitake", "食用菌": "shiitake", "奇异果": "kiwifruit", "黄桃": "peach", "水蜜桃": "peach", "雪梨": "pear",
    "黄花梨": "pear", "提子": "grape", "竹笋": "bamboo_shoot", "茶叶": "tea_leaf", "鲜茶": "tea_leaf", "李": "plum",
}  # fmt: skip
"""Word -> id of the crop."""


def words_for(crop: str) -> tuple[str, ...]:
    """Return the words that a crop stands for.

    Examples
    --------
    >>> words_for("tomato"), words_for("hop")
    (('西红柿',), ())
    """
    return tuple(word for word, key in STANDS_FOR.items() if key == crop)
