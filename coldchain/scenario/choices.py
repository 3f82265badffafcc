"""Words that stand for a choice: 候选 for candidate, 是 for true."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from coldchain.model import dictionary

CARGO = {
    "常温": "ambient", "保温": "insulated", "冷藏": "reefer",
    "常温车": "ambient", "普通货车": "ambient", "保温车": "insulated", "冷藏车": "reefer",
}  # fmt: skip
YES = {"是": "true", "否": "false", "yes": "true", "no": "false", "1": "true", "0": "false", "√": "true", "×": "false"}
OWNERS = {
    "合作社": "cooperative", "家庭农场": "family_farm", "企业": "company", "公司": "company",
    "农民合作社": "cooperative", "专业合作社": "cooperative", "农民专业合作社": "cooperative",
}  # fmt: skip
BUILT = {"机械冷库": "mechanical", "通风库": "ventilated", "气调库": "controlled_atmosphere", "移动": "mobile"}
COOLING = {
    "冷库预冷": "room", "冷间": "room", "差压": "forced_air", "真空": "vacuum", "冷水": "hydro",
    "冷间预冷": "room", "差压预冷": "forced_air", "真空预冷": "vacuum", "冷水预冷": "hydro",
}  # fmt: skip
CHOICES: Mapping[str, Mapping[str, str]] = {
    "status": {
        **dict.fromkeys(("候选", "拟建", "备选", "规划", "计划", "新建", "待建"), "candidate"),
        **dict.fromkeys(("已建", "建成", "已建成", "现有", "在用", "已有"), "existing"),
        **dict.fromkeys(("必建", "必选", "必须建"), "forced"),
        **dict.fromkeys(("禁建", "禁止", "不建", "不可建"), "forbidden"),
    },
    "cargo": CARGO,
    "onward_cargo": CARGO,
    "owner_kind": OWNERS,
    "owner_kinds": OWNERS,
    "construction": BUILT,
    "constructions": BUILT,
    "method": COOLING,
    "methods": COOLING,
    "skill": {**dict.fromkeys(("操作员", "冷库操作员", "操作工"), "operator"), "司机": "driver", "驾驶员": "driver"},
    "sold_at": {"市场": "market", "集配中心": "hub", "枢纽": "hub"},
    "objective": {"总成本": "total_cost_cny", "损耗金额": "loss_cny", "损耗量": "loss_t"},
}


@cache
def words_of(field: str) -> Mapping[str, str]:
    """Return the words that stand for the choices of a field: yes and no for those that are true or false."""
    nouns = (*dictionary.TABLES.values(), *dictionary.SECTIONS.values())
    kinds = {noun.model_fields[field].annotation for noun in nouns if field in noun.model_fields}
    return YES if kinds & {bool, bool | None} else CHOICES.get(field, {})


def chosen(field: str, text: str) -> str:
    """Return what a word stands for in a field; a word that stands for nothing stays.

    Examples
    --------
    >>> chosen("status", "已建"), chosen("methods", "差压;真空"), chosen("status", "soon"), chosen("status", "Forced")
    ('existing', 'forced_air;vacuum', 'soon', 'forced')
    """
    words = words_of(field)
    return text if not words else ";".join(_one(words, part.strip()) for part in text.split(";"))


def _one(words: Mapping[str, str], text: str) -> str:
    """Return what a word stands for; a choice itself may be written with capitals and blanks."""
    plain = re.sub(r"[\s-]+", "_", text.lower())
    return words.get(text, plain if plain in words.values() else text)


def choices_told(field: str, expected: str) -> str:
    """Return the choices a message names, each with its Chinese word where it has one.

    Examples
    --------
    >>> choices_told("sold_at", "'market' or 'hub'"), choices_told("zone", "'cold'")
    ("'市场' (market) or '集配中心' (hub)", "'cold'")
    """
    back = {key: word for word, key in reversed(list(words_of(field).items())) if not word.isascii()}
    return re.sub(r"'(\w+)'", lambda one: f"'{back[one[1]]}' ({one[1]})" if one[1] in back else one[0], expected)


def shown(field: str, value: str) -> str:
    """Return the Chinese word of a choice, the first of several; the value itself when there is none.

    Examples
    --------
    >>> shown("status", "forced"), shown("owner_kind", "company"), shown("must_return", "true"), shown("zone", "cold")
    ('必建', '企业', '是', 'cold')
    """
    back = {key: word for word, key in reversed(list(words_of(field).items())) if not word.isascii()}
    return ";".join(back.get(part, part) for part in value.split(";"))
