"""Datasets, corpora, runs, checkpoints, and work for queues."""

from training.models.checkpoint import Checkpoint, checkpoint_folder
from training.models.corpus import Corpus, corpus_folder
from training.models.dataset import (
    Dataset,
    DatasetFile,
    DatasetUpload,
    DatasetVersion,
    Licence,
    Verdict,
    Visibility,
)
from training.models.run import Run
from training.models.sample import RunSample
from training.models.sound import FileSound
from training.models.trial import Trial
from training.models.upload import Upload
from training.models.work import Work, WorkState
from training.models.worker import Worker

__all__ = [
    "Checkpoint",
    "Corpus",
    "Dataset",
    "DatasetFile",
    "DatasetUpload",
    "DatasetVersion",
    "FileSound",
    "Licence",
    "Run",
    "RunSample",
    "Trial",
    "Upload",
    "Verdict",
    "Visibility",
    "Work",
    "WorkState",
    "Worker",
    "checkpoint_folder",
    "corpus_folder",
]
