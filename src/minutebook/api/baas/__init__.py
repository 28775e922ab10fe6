"""The Meeting BaaS v1 API: at the root of the server and below `/meetingbaas`, so that either is a base URL."""

PREFIX = "/meetingbaas"

PATHS = ("/bots", "/accounts", "/media/bots", "/calendars", "/calendar_events", "/zoom_oauth_connections", PREFIX)
"""Everything below these is this API's: its errors, and open to pages of other sites."""
