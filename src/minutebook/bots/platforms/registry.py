"""The platforms there are: each is the folder here of the same name."""

from typing import Final

WEBRTC: Final = "webrtc"
"""Self-hosted meeting pages: the only platform whose addresses no rule tells, but the operator's list."""

PLATFORMS: Final = ("google_meet", "teams", "zoom", WEBRTC)
