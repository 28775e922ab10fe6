"""Objects: recordings, transcripts and other bytes, on local disk, in S3, or in memory."""

from minutebook.storage.places import storage_of

__all__ = ["storage_of"]
