"""A client for any PAXS server: needs httpx, nothing of the server.

from minutebook.client import Attendee, FileTokens, Paxs, Wishes

with Paxs("http://127.0.0.1:8000", FileTokens(path)) as paxs:
    results = paxs.process_files(["weekly.m4a"], Wishes((Attendee("ada@example.com", "Ada Lovelace"),)))
"""

from minutebook.client.async_paxs import AsyncPaxs
from minutebook.client.errors import (
    BadRequest,
    CodeExpired,
    ConnectionFailed,
    ConsentDenied,
    Forbidden,
    LocalFailure,
    LoginFailed,
    LoginTimedOut,
    NotAuthenticated,
    NotFound,
    PaxsError,
    RateLimited,
    ServerError,
    StillRunning,
    TlsFailed,
    TooLarge,
    UnsupportedFormat,
    WrongState,
)
from minutebook.client.model import (
    AnalysisType,
    Attendee,
    ChatLine,
    Command,
    Edit,
    Found,
    FoundMeeting,
    Hit,
    Meeting,
    Page,
    Recording,
    Report,
    ReportError,
    ReportStatus,
    Segment,
    Speaker,
    Tokens,
    Transcription,
    User,
    Waiting,
)
from minutebook.client.one_shot.flow import FileResult, Wishes
from minutebook.client.paxs import Paxs
from minutebook.client.protocol.retry import RetryPolicy
from minutebook.client.sending.polling import AnalysisFailed, Polling, TranscriptionFailed
from minutebook.client.state.ledger import FileLedger, Ledger, MemoryLedger
from minutebook.client.state.tokens import FileTokens, MemoryTokens, TokenStore

__all__ = [
    "AnalysisFailed",
    "AnalysisType",
    "AsyncPaxs",
    "Attendee",
    "BadRequest",
    "ChatLine",
    "CodeExpired",
    "Command",
    "ConnectionFailed",
    "ConsentDenied",
    "Edit",
    "FileLedger",
    "FileResult",
    "FileTokens",
    "Forbidden",
    "Found",
    "FoundMeeting",
    "Hit",
    "Ledger",
    "LocalFailure",
    "LoginFailed",
    "LoginTimedOut",
    "Meeting",
    "MemoryLedger",
    "MemoryTokens",
    "NotAuthenticated",
    "NotFound",
    "Page",
    "Paxs",
    "PaxsError",
    "Polling",
    "RateLimited",
    "Recording",
    "Report",
    "ReportError",
    "ReportStatus",
    "RetryPolicy",
    "Segment",
    "ServerError",
    "Speaker",
    "StillRunning",
    "TlsFailed",
    "TokenStore",
    "Tokens",
    "TooLarge",
    "Transcription",
    "TranscriptionFailed",
    "UnsupportedFormat",
    "User",
    "Waiting",
    "Wishes",
    "WrongState",
]
