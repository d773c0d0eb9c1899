"""Songs, their sound files, and the work that makes both."""

from generator.models.compose_request import ComposeRequest, ComposeTask, somebody_waits, waiting_turns
from generator.models.draft import Draft
from generator.models.prompt import Prompt
from generator.models.render_request import EncodeRequest, RenderRequest
from generator.models.rendition import AudioFormat, Rendition
from generator.models.reproduction import Reproduction
from generator.models.shelf import Collection, CollectionItem, Favourite, Play
from generator.models.song import Song, SongKind
from generator.models.study import DatasetStudy, SongReport

__all__ = [
    "AudioFormat",
    "Collection",
    "CollectionItem",
    "ComposeRequest",
    "ComposeTask",
    "DatasetStudy",
    "Draft",
    "EncodeRequest",
    "Favourite",
    "Play",
    "Prompt",
    "RenderRequest",
    "Rendition",
    "Reproduction",
    "Song",
    "SongKind",
    "SongReport",
    "somebody_waits",
    "waiting_turns",
]
