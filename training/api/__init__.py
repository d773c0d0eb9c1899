"""The research desk for programs: datasets, runs, checkpoints."""

from training.api.checkpoints import router as checkpoints
from training.api.datasets import router as datasets
from training.api.runs import router as runs
from training.api.uploads import router as uploads

__all__ = ["checkpoints", "datasets", "runs", "uploads"]
