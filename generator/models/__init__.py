"""Songs, their sound files, and the work that makes both."""

from generator.models.compose_request import ComposeRequest
from generator.models.render_request import EncodeRequest, RenderRequest
from generator.models.rendition import AudioFormat, Rendition
from generator.models.shelf import Collection, CollectionItem, Favourite, Play
from generator.models.song import Song, SongKind
from generator.models.study import DatasetStudy, SongReport

__all__ = [
    "AudioFormat",
    "Collection",
    "CollectionItem",
    "ComposeRequest",
    "DatasetStudy",
    "EncodeRequest",
    "Favourite",
    "Play",
    "RenderRequest",
    "Rendition",
    "Song",
    "SongKind",
    "SongReport",
]
