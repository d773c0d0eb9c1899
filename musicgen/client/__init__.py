"""A site of this project, used by a program: what `python -m musicgen site` is made of.

Knows HTTP and the API's JSON, from the standard library alone; no Django, no networks.
"""

from __future__ import annotations

from musicgen.client.records import CheckpointRecord, ComposeRecord, DatasetRecord, RunRecord, SongRecord
from musicgen.client.site import SiteClient
from musicgen.client.transport import SiteError

__all__ = [
    "CheckpointRecord",
    "ComposeRecord",
    "DatasetRecord",
    "RunRecord",
    "SiteClient",
    "SiteError",
    "SongRecord",
]
