"""Names of columns and words in the tables of road files, Chinese and English, by OpenStreetMap tag and value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _words(by_value: Mapping[str, str]) -> Mapping[str, str]:
    """Turn value -> words into word -> value."""
    return MappingProxyType({word: value for value, words in by_value.items() for word in words.split()})


TEXTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        key: tuple(names.split())
        for key, names in {
            "highway": (
                "highway fclass class road_class roadclass "
                "道路等级 行政等级 公路等级 道路类型 道路类别 公路类型 公路类别 "
                "技术等级 路线等级 等级 类型 类别 type road_type roadtype"
            ),
            "oneway": "oneway one_way 单行 单行道 单向 是否单行 是否单行道 通行方向 方向",
            "junction": "junction",
            "maxspeed": "maxspeed max_speed speedlimit speed_limit 限速 最高限速 限制速度 限速值 设计速度 设计时速",
            "surface": "surface 路面 路面类型 路面材料 铺装",
            "tracktype": "tracktype",
            "access": "access 通行 通行限制",
            "vehicle": "vehicle",
            "motor_vehicle": "motor_vehicle",
            "hgv": "hgv",
            "maxweight": "maxweight max_weight 限重 限载 荷载限制",
            "maxheight": "maxheight max_height 限高 净高",
            "maxwidth": "maxwidth max_width 限宽",
            "bridge": "bridge 桥梁 是否桥梁 桥",
            "tunnel": "tunnel 隧道 是否隧道",
            "covered": "covered",
            "layer": "layer",
        }.items()
    }
)
"""Names of the columns of text by tag; the first that says something known is read."""
FIGURES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "speed_kmh": ("speed_kmh", "速度", "车速", "时速", "行车速度", "行驶速度", "平均速度"),
        "speed_fwd_kmh": ("speed_fwd_kmh",),
        "speed_bwd_kmh": ("speed_bwd_kmh",),
        "detour": ("detour",),
    }
)
GENERAL = frozenset(["等级", "类型", "类别", "type", "方向", "通行", "桥", "路线等级", "铺装", "净高"])
"""Names so general that the column is read only where it holds known words."""
ALIKE = frozenset(
    [
        "id",
        "fid",
        "gid",
        "uid",
        "objectid",
        "osm_id",
        "link_id",
        "code",
        "ref",
        "name",
        "name_zh",
        "name:zh",
        "name_en",
        "名称",
        "路名",
        "道路名称",
        "道路名",
        "编号",
        "路线编号",
        "路线编码",
        "路线代码",
        "道路编号",
        "代码",
        "序号",
        "路段编号",
        "长度",
        "里程",
        "length",
        "length_m",
        "length_km",
        "shape_leng",
        "shape_length",
        "shape_len",
        "备注",
        "说明",
        "note",
        "notes",
        "fixme",
        "source",
    ]
)
"""Columns that name a road or repeat its length, which the drawn line says better."""
CLASSES = _words(
    {
        "motorway": "高速公路 高速 国家高速 省级高速",
        "motorway_link": "高速匝道 匝道",
        "trunk": "快速路 城市快速路 快速公路 一级公路 一级",
        "primary": "国道",
        "secondary": "省道 二级公路 二级 主干路 主干道 城市主干路 城市主干道",
        "tertiary": "县道 三级公路 三级 次干路 次干道 城市次干路 城市次干道",
        "unclassified": (
            "乡道 乡镇道路 村道 乡村道路 通村公路 通村路 农村公路 农村道路 专用公路 专用道路 四级公路 四级"
        ),
        "residential": "支路 城市支路 街道",
        "living_street": "巷道",
        "road": "等外公路 等外 等外级 等外路 其他道路 其它道路 其他 其它",
        "service": "内部道路 厂区道路 小区道路",
        "track": "机耕路 机耕道 生产路 田间道 田间道路 土路 林道 林区道路 大车路",
        "footway": "人行道 步道 步行道",
        "pedestrian": "步行街",
        "path": "小路 山路 乡间小路",
        "cycleway": "自行车道 非机动车道",
        "rail": "铁路 地铁 轻轨",
        "ferry": "航道 轮渡",
        "construction": "在建 在建道路",
        "proposed": "规划 规划道路",
        "abandoned": "废弃 废弃道路",
    }
)
"""Classes of Chinese road tables: 国道 to 村道 by who keeps the road, 一级 to 四级 by how it is built (JTG B01)."""
SURFACES = _words(
    {
        "concrete": "水泥 水泥路 水泥混凝土 混凝土",
        "asphalt": "沥青 柏油 沥青混凝土",
        "paved": "硬化",
        "gravel": "砂石 砂石路 碎石 砂砾 泥结碎石",
        "compacted": "简易铺装",
        "unpaved": "未铺装 未硬化",
        "earth": "土 土路 泥土",
        "mud": "泥路",
        "sett": "石板",
    }
)
ONEWAY = _words(
    {"yes": "f true 1 1.0 是 单行 单向 正向 顺向", "no": "b false 0 0.0 否 双向 双行", "-1": "t -1.0 逆向 反向"}
)
"""F, T and B of Geofabrik's extracts, truth values and Chinese words."""
YES_NO = _words({"yes": "t true 1 1.0 是 有", "no": "f false 0 0.0 否 无"})
ACCESS = _words({"no": "禁止通行 禁行", "private": "私人", "yes": "允许 无限制"})
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "highway": CLASSES, "surface": SURFACES, "oneway": ONEWAY, "bridge": YES_NO, "tunnel": YES_NO, "covered": YES_NO,
    "access": ACCESS, "vehicle": ACCESS, "motor_vehicle": ACCESS, "hgv": ACCESS,
})  # fmt: skip
"""Value of each word by tag; other words stand for themselves."""
