"""Reads that span models, and what runs left in files."""

from training.selectors.metrics import MetricsTail, run_curve, run_description, run_log_tail
from training.selectors.permission import (
    may_change_checkpoint,
    may_change_dataset,
    may_change_run,
    may_download_files,
    may_hear_files,
    may_see_dataset,
)
from training.selectors.quota import Usage, usage_of
from training.selectors.report import report_panels

__all__ = [
    "MetricsTail",
    "Usage",
    "may_change_checkpoint",
    "may_change_dataset",
    "may_change_run",
    "may_download_files",
    "may_hear_files",
    "may_see_dataset",
    "report_panels",
    "run_curve",
    "run_description",
    "run_log_tail",
    "usage_of",
]
