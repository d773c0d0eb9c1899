"""Datasets, corpora, runs, checkpoints, and work for queues."""

from training.models.checkpoint import Checkpoint, checkpoint_folder
from training.models.corpus import Corpus, corpus_folder
from training.models.dataset import Dataset, DatasetFile, DatasetUpload, Licence, Verdict
from training.models.run import Run
from training.models.work import Work, WorkState

__all__ = [
    "Checkpoint",
    "Corpus",
    "Dataset",
    "DatasetFile",
    "DatasetUpload",
    "Licence",
    "Run",
    "Verdict",
    "Work",
    "WorkState",
    "checkpoint_folder",
    "corpus_folder",
]
