"""The invented names of the fictional district, each with its English reading."""

from typing import Final

COUNTY: Final = ("990101", "澄湖区", "Chenghu District")

STREETS: Final = (
    ("柳荫街道", "Liuyin Subdistrict"),
    ("望江街道", "Wangjiang Subdistrict"),
    ("古槐街道", "Guhuai Subdistrict"),
)

COMMUNITIES: Final = (
    (("棉纺", "Mianfang"), ("文昌", "Wenchang"), ("码头", "Matou")),
    (("机床", "Jichuang"), ("光明", "Guangming"), ("站前", "Zhanqian")),
    (("书院", "Shuyuan"), ("槐里", "Huaili"), ("水运", "Shuiyun")),
)
"""By street, from north to south."""

AVENUES: Final = (
    ("西堤路", "Xidi Road"),
    ("工农路", "Gongnong Road"),
    ("纺织路", "Fangzhi Road"),
    ("柳荫路", "Liuyin Road"),
    ("织造里", "Zhizao Lane"),
    ("望江路", "Wangjiang Road"),
    ("机床路", "Jichuang Road"),
    ("铁路街", "Tielu Street"),
    ("古槐路", "Guhuai Road"),
    ("书院巷", "Shuyuan Lane"),
    ("粮库路", "Liangku Road"),
    ("槐荫路", "Huaiyin Road"),
    ("东堤路", "Dongdi Road"),
)
"""North to south lines, from west to east."""

CROSS_STREETS: Final = (
    ("北环路", "Beihuan Road"),
    ("印染街", "Yinran Street"),
    ("文昌街", "Wenchang Street"),
    ("光明街", "Guangming Street"),
    ("航运街", "Hangyun Street"),
    ("码头街", "Matou Street"),
    ("沿江路", "Yanjiang Road"),
)
"""West to east lines, from north to south."""

RIVER: Final = ("澄江", "Cheng River")

_STEMS: Final = (
    ("纺织", "Fangzhi"),
    ("工农", "Gongnong"),
    ("印染厂", "Yinranchang"),
    ("柳荫", "Liuyin"),
    ("棉纺", "Mianfang"),
    ("文昌", "Wenchang"),
    ("航运", "Hangyun"),
    ("码头", "Matou"),
    ("船厂", "Chuanchang"),
    ("光明", "Guangming"),
    ("工人", "Gongren"),
    ("机床厂", "Jichuangchang"),
    ("铁路", "Tielu"),
    ("站前", "Zhanqian"),
    ("水运", "Shuiyun"),
    ("书院", "Shuyuan"),
    ("古槐", "Guhuai"),
    ("粮库", "Liangku"),
    ("邮电", "Youdian"),
    ("前进", "Qianjin"),
    ("红旗", "Hongqi"),
    ("建设", "Jianshe"),
    ("和平", "Heping"),
    ("向阳", "Xiangyang"),
)
_ENDINGS: Final = (("新村", "New Village"), ("宿舍", "Dormitories"), ("小区", "Estate"))

ESTATES: Final = tuple(
    (f"{stem}{_ENDINGS[(index + turn) % 3][0]}", f"{reading} {_ENDINGS[(index + turn) % 3][1]}")
    for turn in range(3)
    for index, (stem, reading) in enumerate(_STEMS)
)
"""72 estates, no two alike; the first is 纺织新村."""
