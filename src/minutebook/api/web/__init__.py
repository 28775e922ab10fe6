"""Pages for people: one file per page, over the same services as the APIs."""

from minutebook.api.web import (
    asking,
    bots,
    calendars,
    consent,
    description,
    downloads,
    editing,
    imports,
    library,
    media,
    meeting,
    password,
    progress,
    remembered,
    search,
    server,
    settings,
    setup,
    sharing,
    sign_in,
    tus,
    uploads,
    versions,
    voices,
)
from minutebook.api.web.render import error_page

PAGES = tuple(
    part.router
    # What has a fixed name comes before `/meetings/{meeting_id}`.
    for part in (
        sign_in,
        setup,
        password,
        consent,
        library,
        search,
        sharing,
        uploads,
        tus,
        progress,
        meeting,
        media,
        downloads,
        versions,
        voices,
        remembered,
        editing,
        asking,
        bots,
        imports,
        calendars,
        server,
        settings,
        description,
    )
)

DIALECT_OF_PAGES = dict.fromkeys(
    (
        "/api/oauth/provider/authorize",
        "/sign-in",
        "/sign-out",
        "/setup",
        "/password",
        "/meetings",
        "/search",
        "/s/",
        "/settings",
        "/my/",
    ),
    error_page,
)
