"""A problem in Chinese: what is wrong with which field and its value, and what helps. Pure.

A refusal's own sentence is English, as its code is; programs show people this one beside it. It is
made of the code, so that no refusal has to be written twice; the pages, which know the form that was
sent, say more.
"""

from collections.abc import Mapping
from typing import Final

SAYS: Final = {
    "basis": "{it}跟读出来时的不一样了：请重新导出，再改一次",
    "calendar": "{it}那一年的放假安排还没有公布：请选早一些的日期",
    "cancelled": "这次试演已取消：请再发起一次",
    "channel": "没有可用的通知渠道：请先选一个渠道，需要地址的填上地址",
    "cleared": "告警已经结束，不用再办：请重新读取",
    "conflict": "{it}刚被别人改动过：请重新读取，再改一次",
    "conflicts": "{it}互相冲突，一行也没有采用：请按所列逐处改正",
    "crowded": "现在太忙，没有受理：请过一会儿再发",
    "csrf": "缺少或不符的 X-CSRF-Token：请重新读取页面再发",
    "cursor": "{it}不是这个列表给的翻页标记：请用上一页的 next，或从第一页读起",
    "demo_link": "演示登录链接不对或已过期：请用 linli status 看新的",
    "ended": "{it}已经结束，不能再改：请看它现在的状态",
    "exists": "{it}已经有了：请换一个编号，或修改已有的",
    "expired": "{it}已过期：请再要一个新的",
    "failed": "试演没有完成：请按英文说明改正后再试",
    "fields": "{it}缺少或不能用：请补齐、改正后再发",
    "file": "{it}读不了：请检查文件的格式和内容",
    "forbidden": "您的角色或辖区不能办这一步：请找有权的人，或找管理员",
    "full": "{it}已到上限：请先删去用不着的",
    "http": "请求不对：请对照接口说明改正",
    "idempotency": "这个 Idempotency-Key 已用于另一件事：请换一个新的",
    "interrupted": "试演做到一半，执行它的进程停了：请再发起一次",
    "internal": "是我们的错，已经记下：请把编号告诉管理员",
    "invalid": "{it}不合要求：请按接口说明改正后再发",
    "last_administrator": "这是最后一个能登录的管理员：请先另设一个",
    "locked": "失败次数太多，暂时锁定：请稍后再试，或请管理员解除",
    "many": "{it}太多：请先删去用不着的",
    "media": "{it}的类型不收：请换成所列的类型",
    "method": "这个地址不接受这种方法：请用 Allow 头里的",
    "not_found": "没有{it}，或不归您看：请在列表里查找",
    "outside": "{it}不在本区的任何网格里：请核对位置，外区的请转当地 12345",
    "overlap": "{it}与已有的时段重叠：请改时间，或先删去那一段",
    "own_role": "不能去掉自己的管理员权限：请另一位管理员来办",
    "password": "用户名和密码对不上：请再看一遍",
    "password_once": "您用的是一次性密码：请先设自己的密码",
    "picture": "{it}不是能用的照片：请换一张 JPEG、PNG 或 WebP",
    "policy": "{it}不能这样定：请按英文说明改正",
    "proof": "还缺办结的凭证：请补上所列的凭证，或等传感器恢复正常",
    "refused": "{it}没有被接受：请按英文说明改正",
    "replay": "{it}现在还不能重放：请先让它能被读懂",
    "ring": "{it}绕成了一圈：请换一个人代班",
    "role": "您的角色不能看或办这个：请找有权的人，或找管理员",
    "rule": "规则不允许：请看所列原因，换一种办法",
    "running": "已有一次试演在进行：请等它完成，或先取消它",
    "scope": "{it}不在您的辖区：请只看自己的辖区，或找管理员",
    "second": "要由另一个人同意：请第二个人来办",
    "standing": "告警仍在，不能这样办：请先处置，等它恢复正常",
    "state": "现在的状态不能这样办：请重新读取，再选能办的",
    "time": "算得太久，已停下：请缩短时段或缩小范围",
    "too_large": "{it}太大：请缩小后再发",
    "too_many": "{it}太多：请缩短时段或缩小范围",
    "transition": "工单现在的状态不能办这一步：请重新读取，从能办的操作里选",
    "unauthorised": "没有登录，或登录已失效：请带上有效的令牌",
    "unavailable": "后面的服务器暂时没有答复，什么也没有丢：请过几秒原样再发",
    "unknown": "没有{it}：请在列表里查找",
    "unshelvable": "这个告警不能搁置：请处置，或设备检修时先转检修",
    "used": "{it}已经用过一次：请再要一个新的",
    "version": "{it}已不是最新的版本：请重新读取，再改一次",
    "waiting": "{it}正等着发送：请稍后再看",
}
"""By code. ``{it}`` is the field and its value, or what was sent as a whole."""
SAYS_ELSE: Final = "没有办成：请按英文说明改正后再发"
SENT: Final = "所发的内容"


def in_chinese(code: str, field: str, value: str, extra: Mapping[str, object]) -> str:
    """One sentence: what does not fit, then what helps; with the choices, where there are any."""
    it = f" {field}“{value}” " if field and value else f" {field} " if field else SENT
    said = SAYS.get(code.replace("-", "_"), SAYS_ELSE).replace("{it}", it).strip()
    allowed = extra.get("allowed")
    choices = f"（可选：{'、'.join(map(str, allowed))}）" if isinstance(allowed, list) and allowed else ""
    return f"{said}{choices}。"
