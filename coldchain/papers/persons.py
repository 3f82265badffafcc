"""What a published list must not show of persons: names in part, numbers of telephones, identity cards and accounts."""

from __future__ import annotations

import re

PERSONS = ("person", "individual", "household", "个人", "农户", "自然人")
"""Kinds of owners who are persons, whatever their name."""
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏"
    "韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤滕舒满麻聂"
)
COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "司徒", "慕容")
BODIES = "社场司团村厂站心部会所队局行店园户库镇乡县"
"""Letters with which the names of bodies end, as 合作社, 农场, 公司."""
LONGEST_NAME = 4
NUMBER = re.compile(r"(?<!\d)(\d{3})[\d -]{7,17}[\dXx](?!\d)")


def is_person(name: str, kind: str) -> bool:
    """Tell whether an owner is a person: by its kind, or by a Chinese name that is that of a person.

    Examples
    --------
    >>> is_person("张小三", ""), is_person("高村镇供销社", ""), is_person("欧阳明", ""), is_person("A. Li", "person")
    (True, False, True, True)
    """
    if kind in PERSONS:
        return True
    if not 2 <= len(name) <= LONGEST_NAME or name[-1] in BODIES or not all(map(_is_han, name)):
        return False
    return name.startswith(COMPOUND) or (name[0] in SURNAMES and len(name) < LONGEST_NAME)


def masked(name: str, kind: str = "") -> str:
    """Return a name of a person in part; those of bodies whole.

    Examples
    --------
    >>> masked("张小三"), masked("欧阳明"), masked("Zhang San", "person"), masked("高村镇供销社")
    ('张**', '欧阳*', 'Zh*** S**', '高村镇供销社')
    """
    if not is_person(name, kind):
        return without_numbers(name)
    if _is_han(name[0]):
        keep = 2 if name.startswith(COMPOUND) else 1
        return name[:keep] + "*" * (len(name) - keep)
    return " ".join(_in_part(part) for part in name.split())


def _in_part(name: str) -> str:
    """Keep a third of a name, one letter at least."""
    keep = (len(name) + 2) // 3
    return name[:keep] + "*" * (len(name) - keep)


def _is_han(sign: str) -> bool:
    return "\u4e00" <= sign <= "\u9fff"


def without_numbers(text: str) -> str:
    """Return a text in which numbers as long as those of telephones, identity cards and accounts are cut.

    Examples
    --------
    >>> without_numbers("tel. 138 0013 8000; 431226199001011234; 2026; 1,200 m³")
    'tel. 138***; 431***; 2026; 1,200 m³'
    """
    return NUMBER.sub(r"\1***", text)
