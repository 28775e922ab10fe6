"""Templates become answers; errors become pages."""

from collections.abc import Mapping
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from minutebook.api.errors import Failure

FOLDER = Path(__file__).parent

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def policy(form_targets: str = "") -> str:
    """The Content-Security-Policy of a page. Browsers apply form-action to the redirect that follows a form as well, so
    the consent page has to name where the client waits."""
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {form_targets}".rstrip()
    )


def page(
    name: str,
    context: Mapping[str, object],
    *,
    failure: Failure | None = None,
    form_targets: str = "",
) -> HTMLResponse:
    """A page; with a failure its status and headers, and `failure` for the template to show."""
    html = _templates.get_template(name).render(**context, failure=failure)
    headers = {**(failure.headers if failure else {}), "Content-Security-Policy": policy(form_targets)}
    return HTMLResponse(html, failure.status if failure else 200, headers)


def error_page(_request: Request, failure: Failure) -> Response:
    """The dialect of pages: an error is a page that says what happened and what to do."""
    return page("error.html", {}, failure=failure)
