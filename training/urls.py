"""Addresses of the training app."""

from django.urls import path

from training.views import (
    checkpoints,
    dataset_files,
    dataset_report,
    datasets,
    resumable,
    run_comparing,
    run_starting,
    runs,
    upload,
)

app_name = "training"

urlpatterns = [
    path("datasets/", datasets.dataset_list, name="dataset_list"),
    path("datasets/upload/", upload.dataset_upload, name="dataset_upload"),
    path("uploads/", resumable.uploads, name="uploads"),
    path("uploads/<uuid:pk>/", resumable.upload, name="upload"),
    path("datasets/<int:pk>/", datasets.dataset, name="dataset"),
    path("datasets/<int:pk>/status/", datasets.dataset_status, name="dataset_status"),
    path("datasets/<int:pk>/files/<int:position>/", dataset_files.dataset_file, name="dataset_file"),
    path(
        "datasets/<int:pk>/files/<int:position>/about/",
        dataset_files.dataset_file_about,
        name="dataset_file_about",
    ),
    path(
        "datasets/<int:pk>/files/<int:position>/sound/",
        dataset_files.dataset_file_sound,
        name="dataset_file_sound",
    ),
    path(
        "datasets/<int:pk>/files/<int:position>/audio/",
        dataset_files.dataset_file_audio,
        name="dataset_file_audio",
    ),
    path("datasets/<int:pk>/add/", dataset_files.dataset_add, name="dataset_add"),
    path("datasets/<int:pk>/drop/", dataset_files.dataset_drop, name="dataset_drop"),
    path("datasets/<int:pk>/versions/<int:number>.csv", dataset_report.report_csv, name="report_csv"),
    path("datasets/<int:pk>/versions/<int:number>.json", dataset_report.report_json, name="report_json"),
    path("datasets/<int:pk>/versions/<int:number>.svg", dataset_report.report_picture, name="report_svg"),
    path("datasets/<int:pk>/change/", datasets.dataset_change, name="dataset_change"),
    path("datasets/<int:pk>/delete/", datasets.dataset_remove, name="dataset_delete"),
    path("datasets/<int:pk>/stop/", datasets.dataset_stop, name="dataset_stop"),
    path("datasets/<int:pk>/again/", datasets.dataset_again, name="dataset_again"),
    path("runs/", runs.run_list, name="run_list"),
    path("runs/new/", run_starting.run_new, name="run_start"),
    path("runs/compare/", run_comparing.run_compare, name="run_compare"),
    path("runs/workers/", run_comparing.worker_list, name="worker_list"),
    path("runs/trials/<int:pk>/", run_starting.run_trial, name="run_trial"),
    path("runs/<int:pk>/", runs.run, name="run"),
    path("runs/<int:pk>/status/", runs.run_status, name="run_status"),
    path("runs/<int:pk>/metrics/", runs.run_metrics, name="run_metrics"),
    path("runs/<int:pk>/loss.svg", runs.run_image, name="run_image"),
    path("runs/<int:pk>/stop/", runs.run_end, name="run_stop"),
    path("runs/<int:pk>/live/", runs.run_live, name="run_live"),
    path("runs/<int:pk>/longer/", run_starting.run_longer, name="run_longer"),
    path("runs/<int:pk>/notes/", run_starting.run_notes, name="run_notes"),
    path(
        "runs/<int:pk>/samples/<int:step>-<int:seed>.opus",
        run_comparing.run_sample_audio,
        name="run_sample_audio",
    ),
    path(
        "runs/<int:pk>/samples/<int:step>-<int:seed>.mid",
        run_comparing.run_sample_midi,
        name="run_sample_midi",
    ),
    path("runs/<int:pk>/resume/", runs.run_again, name="run_resume"),
    path("checkpoints/<slug:slug>/", checkpoints.checkpoint, name="checkpoint"),
    path("checkpoints/<slug:slug>/loss.svg", checkpoints.checkpoint_curve, name="checkpoint_curve"),
    path("checkpoints/<slug:slug>/download/", checkpoints.checkpoint_download, name="checkpoint_download"),
    path("checkpoints/<slug:slug>/offer/", checkpoints.checkpoint_offer, name="checkpoint_offer"),
]
