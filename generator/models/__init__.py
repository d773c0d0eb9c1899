"""Songs, their sound files, and the work that makes both."""

from generator.models.compose_request import ComposeRequest
from generator.models.render_request import EncodeRequest, RenderRequest
from generator.models.rendition import AudioFormat, Rendition
from generator.models.song import Song, SongKind

__all__ = [
    "AudioFormat",
    "ComposeRequest",
    "EncodeRequest",
    "RenderRequest",
    "Rendition",
    "Song",
    "SongKind",
]
