"""Templates become answers; errors become pages."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from minutebook.api.errors import Failure, Renderer
from minutebook.api.web.dates import written_day, written_moment
from minutebook.api.web.languages import catalogue, language_of
from minutebook.api.web.static_files import file_url
from minutebook.transcript.render.times import short_time

FOLDER = Path(__file__).parent
SIGN_IN_REQUIRED: Final = "sign_in_required"
IN_PAGES: Final = {"There is no such session.": "This meeting does not exist, or it is not shared with you."}
"""What pages call otherwise than the APIs."""


@cache
def _templates(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(language=language, file_url=file_url)
    made.filters.update(told=catalogue(language).gettext)
    made.filters.update(clock=short_time, **{name: partial(_time, name, language) for name in _TIMES})
    return made


def _moment(at: datetime, language: str) -> str:
    return f"{written_moment(at, language)} UTC"


_TIMES: Final[Mapping[str, Callable[[datetime, str], str]]] = {
    "moment": _moment,
    "coming": _moment,
    "day": lambda at, language: written_day(at, "medium", language),
}
"""How moments are written, in UTC; where scripts run, the page shows them in the reader's own zone, and what is coming
with its day of the week."""


def _time(name: str, language: str, at: datetime) -> Markup:
    text = _TIMES[name](at, language)
    return Markup('<time datetime="{}" data-as="{}">{}</time>').format(at.isoformat(timespec="seconds"), name, text)


def policy(form_targets: str = "") -> str:
    """The Content-Security-Policy of a page: nothing inline, nothing from elsewhere. Browsers apply form-action to the
    redirect that follows a form as well, so the consent page has to name where the client waits."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {form_targets}".rstrip()
    )


def page(
    request: Request,
    name: str,
    context: Mapping[str, object],
    *,
    failure: Failure | None = None,
    form_targets: str = "",
) -> HTMLResponse:
    """A page, or a part of one, in the reader's language; with a failure its status and headers, and `failure` for the
    template to show."""
    language = language_of(request)
    if failure is not None:
        failure = replace(failure, message=catalogue(language).gettext(IN_PAGES.get(failure.message, failure.message)))
    html = rendered(name, language, {**context, "failure": failure})
    headers = {**(failure.headers if failure else {}), "Content-Security-Policy": policy(form_targets)}
    return HTMLResponse(html, failure.status if failure else 200, headers)


def rendered(name: str, language: str, context: Mapping[str, object]) -> str:
    """A template's text in a language."""
    return _templates(language).get_template(name).render(**context)


def is_part(request: Request) -> bool:
    """Whether a script of ours asks for a part of a page rather than for a page."""
    return "hx-request" in request.headers


def error_page(request: Request, failure: Failure) -> Response:
    """The dialect of pages: an error is a page, or a line on one, that says what happened and what to do. Whoever has
    to sign in is sent there, and back."""
    if failure.code == SIGN_IN_REQUIRED and request.method == "GET" and not is_part(request):
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?{urlencode({'next': asked})}", 303)
    return page(request, "parts/problem.html" if is_part(request) else "error.html", {}, failure=failure)


def page_or(otherwise: Renderer) -> Renderer:
    """Pages on the start page and for browsers, which ask for HTML; the other dialect for everybody else."""

    def render(request: Request, failure: Failure) -> Response:
        asks_for_pages = request.url.path == "/" or "text/html" in request.headers.get("accept", "")
        return (error_page if asks_for_pages else otherwise)(request, failure)

    return render
