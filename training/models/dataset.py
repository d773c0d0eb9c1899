"""Datasets: MIDI files that a researcher brought, each with a verdict, under one licence."""

from pathlib import Path
from typing import ClassVar, Final

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from training.models.work import Work, WorkQuerySet, WorkState

MAX_NAME: Final = 120  # characters of a dataset's name
MAX_PATH: Final = 500  # characters kept of a file's path inside its archive


class Licence(models.TextChoices):
    """What may be done with a dataset's files."""

    __empty__ = _("Choose one")
    PUBLIC_DOMAIN = "public-domain", _("Public domain")
    CC0 = "cc0", _("CC0 1.0")
    CC_BY = "cc-by", _("CC BY (attribution)")
    CC_BY_SA = "cc-by-sa", _("CC BY-SA (attribution, share alike)")
    CC_BY_NC = "cc-by-nc", _("CC BY-NC (attribution, non-commercial)")
    CC_BY_NC_SA = "cc-by-nc-sa", _("CC BY-NC-SA (attribution, non-commercial, share alike)")
    OWN = "own", _("My own music, all rights reserved")
    OTHER = "other", _("Another licence")


class DatasetQuerySet(WorkQuerySet["Dataset"]):
    """Vocabulary about datasets."""

    def ready(self) -> "DatasetQuerySet":
        """Taken in, with at least one file to learn from."""
        return self.filter(state=WorkState.FINISHED, files__verdict=Verdict.TAKEN).distinct()

    def with_counts(self) -> "DatasetQuerySet":
        """With `taken`, `duplicates`, `refused` (files), `note_count` and `seconds` (of those taken)."""
        taken = models.Q(files__verdict=Verdict.TAKEN)
        return self.annotate(
            taken=models.Count("files", filter=taken),
            duplicates=models.Count("files", filter=models.Q(files__verdict=Verdict.DUPLICATE)),
            refused=models.Count("files", filter=models.Q(files__verdict=Verdict.REFUSED)),
            note_count=models.Sum("files__note_count", filter=taken, default=0),
            seconds=models.Sum("files__seconds", filter=taken, default=0.0),
        ).order_by("-created_at", "-pk")  # grouping forgets the order of Meta


class Dataset(Work):
    """A folder of MIDI files with its licence and where it came from.

    As a row of work it is being taken in: each file is read, checked and given a verdict.
    """

    queue: ClassVar[str] = "ingest"
    job: ClassVar[str] = "training.jobs.ingest.dataset_ingest"
    timeout_seconds: ClassVar[int] = 6 * 3600

    name = models.CharField(_("name"), max_length=MAX_NAME)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="datasets",
        help_text="nobody for what comes with the project",
    )
    bundled = models.CharField(
        max_length=40, unique=True, null=True, blank=True, help_text="which bundled dataset this is, if any"
    )
    licence = models.CharField(_("licence"), max_length=20, choices=Licence)
    licence_note = models.TextField(_("licence, in words"), blank=True)
    source = models.TextField(_("source"), blank=True, help_text="where the files come from")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DatasetQuerySet.as_manager()  # type: ignore[misc]  # knows more than the inherited one

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The dataset's page."""
        return reverse("training:dataset", args=[self.pk])

    @property
    def folder(self) -> Path:
        """Everything that is kept of it on disk."""
        return Path(settings.DATA_DIR, "datasets", str(self.pk))

    @property
    def uploads_folder(self) -> Path:
        """What was uploaded, byte for byte."""
        return self.folder / "uploads"

    @property
    def files_folder(self) -> Path:
        """The files that were taken, each named by its SHA-256."""
        return self.folder / "files"

    def midi_path(self, sha256: str) -> Path:
        """Where the bytes of a taken file are kept."""
        return self.files_folder / f"{sha256}.mid"


class DatasetUpload(models.Model):
    """One file as it was uploaded: an archive or a single MIDI file."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=MAX_PATH, help_text="as the sender named it")
    stored_name = models.CharField(max_length=80)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.dataset.uploads_folder / self.stored_name


class Verdict(models.TextChoices):
    """What became of a file."""

    TAKEN = "taken", _("taken")
    DUPLICATE = "duplicate", _("duplicate")
    REFUSED = "refused", _("refused")


class DatasetFile(models.Model):
    """One file of a dataset with its verdict."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveIntegerField(help_text="order in which it was read, from 0")
    path = models.CharField(max_length=MAX_PATH, help_text="inside the archive, or its name")
    sha256 = models.CharField(max_length=64, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="equal for the same notes")
    bytes = models.PositiveBigIntegerField(default=0)
    verdict = models.CharField(max_length=10, choices=Verdict)
    reason = models.TextField(blank=True, help_text="why it is a duplicate or refused, or what was repaired")
    note_count = models.PositiveIntegerField(default=0)
    seconds = models.FloatField(default=0.0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "position"], name="training_file_position_once")
        ]
        indexes = [models.Index(fields=["dataset", "verdict", "position"])]

    def __str__(self) -> str:
        return self.path
