"""What a person sees instead of a page: who may, what is missing, what broke, and where to call."""

from starlette.requests import Request
from starlette.responses import Response

from services.api.answers import ProblemPage
from services.api.language.words import N_
from services.api.pages.desk import Desk
from services.api.problems import Problem

HEADINGS = {
    401: N_("请先登录"),
    403: N_("您的角色不能看这一页"),
    404: N_("没有这一页"),
    405: N_("这个地址不能这样用"),
    409: N_("没有办成：情况已经变了"),
    410: N_("这条链接不能再用了"),
    413: N_("内容太大"),
    422: N_("有内容没有写对"),
    500: N_("这里出了故障"),
    503: N_("后台暂时没有应答"),
}
TEXTS = {
    401: N_("登录已过期，或链接已失效。"),
    403: N_("请换有权限的账号，或请管理员为您开通。"),
    404: N_("可能在您的区域之外，或地址写错了。"),
    405: N_("请从页面上的按钮再试一次。"),
    409: N_("请返回看最新的样子，再决定。您没有丢失任何数据。"),
    410: N_("链接已经答过，或已过期。要补充请拨 12345。"),
    413: N_("请少发一些，分几次提交；照片请调低分辨率再拍。"),
    422: N_("请返回改好再提交。"),
    500: N_("故障已经记录，值班人会处理。数据没有丢失，可以再试一次。"),
    503: N_("数据没有丢失，请过几秒再试。紧急告警仍会电话通知值班人。"),
}


def problem_page(desk: Desk) -> ProblemPage:
    """Renders a problem in the reader's language; the English detail stays beneath it."""

    def page(request: Request, problem: Problem) -> Response:
        visit = desk.visit(request)
        known = problem.status if problem.status in HEADINGS else 500 if problem.status >= 500 else 422
        response = desk.show(
            visit,
            "error.html",
            status=problem.status,
            status_code=problem.status,
            heading=visit.t(HEADINGS[known]),
            text=visit.t(TEXTS[known]),
            detail=problem.detail if problem.status < 500 else "",
            remedy=problem.remedy if problem.status < 500 else "",
            code=str(problem.extra.get("incident", "")),
        )
        response.headers.update(problem.headers)
        response.headers["Cache-Control"] = "no-store"
        return response

    return page
