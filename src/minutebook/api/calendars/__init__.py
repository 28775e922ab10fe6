"""Calendars beyond the v1 API, below `/api/calendars`: those without any cloud console, rules, and where providers tell
of changes."""

from minutebook.api.calendars import own, push

# What has a fixed name comes before `/api/calendars/{calendar_id}`.
ROUTERS = (push.router, own.router)
