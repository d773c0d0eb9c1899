"""Reads that span models, and what runs left in files."""

from training.selectors.comparing import compared_runs, differing_settings, sample_bands
from training.selectors.metrics import (
    FileTail,
    MetricsTail,
    run_curve,
    run_description,
    run_log_tail,
    run_machine_use,
)
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
from training.selectors.worker import run_has_worker

__all__ = [
    "FileTail",
    "MetricsTail",
    "Usage",
    "compared_runs",
    "differing_settings",
    "may_change_checkpoint",
    "may_change_dataset",
    "may_change_run",
    "may_download_files",
    "may_hear_files",
    "may_see_dataset",
    "report_panels",
    "run_curve",
    "run_description",
    "run_has_worker",
    "run_log_tail",
    "run_machine_use",
    "sample_bands",
    "usage_of",
]
