"""`/docs`: the API as people read it, out of `/openapi.json`. Nothing is fetched from elsewhere, and no script runs."""

from fastapi import APIRouter, Request, Response

from minutebook.api.described import described
from minutebook.api.web.render import page

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def description(request: Request) -> Response:
    """The whole description; it is in English, as the API is."""
    document = request.app.openapi()
    context = {"about": document["info"]["description"], "version": document["info"]["version"]}
    return page(request, "description.html", {**context, "groups": described(document)})
