"""Datasets: MIDI files that a researcher brought, each with a verdict, under one licence."""

from pathlib import Path
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from training.models.work import Work, WorkQuerySet

MAX_NAME: Final = 120  # characters of a dataset's name
MAX_PATH: Final = 500  # characters kept of a file's path inside its archive
MAX_WORDS: Final = 250  # characters kept of a composer, title, work or group


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


class Visibility(models.TextChoices):
    """Who finds and sees a dataset. Its owner and moderators always do."""

    PUBLIC = "public", _("public: everybody sees it in the list")
    UNLISTED = "unlisted", _("unlisted: whoever has the address sees it")
    PRIVATE = "private", _("private: only you and moderators see it")


# Music under these may be played to everybody; of other licences only the report is shown.
OPEN_LICENCES: Final = (Licence.PUBLIC_DOMAIN, Licence.CC0, Licence.CC_BY, Licence.CC_BY_SA)


class DatasetQuerySet(WorkQuerySet["Dataset"]):
    """Vocabulary about datasets."""

    def listed_for(self, user: Any, *, everything: bool = False) -> "DatasetQuerySet":
        """What a list shows this user: the public ones and their own.

        Args:
            everything: for moderators, who see every dataset.
        """
        if everything:
            return self
        own = models.Q(owner=user.pk) if user.pk else models.Q(pk__in=[])
        return self.filter(models.Q(visibility=Visibility.PUBLIC) | own)

    def seen_by(self, user: Any, *, everything: bool = False) -> "DatasetQuerySet":
        """What this user may look at: all but other people's private ones."""
        if everything:
            return self
        own = models.Q(owner=user.pk) if user.pk else models.Q(pk__in=[])
        return self.exclude(models.Q(visibility=Visibility.PRIVATE) & ~own)

    def ready(self) -> "DatasetQuerySet":
        """Taken in once at least, so that there is something to learn from."""
        return self.filter(versions__isnull=False).distinct()

    def with_counts(self) -> "DatasetQuerySet":
        """With `taken`, `duplicates`, `refused` (files), `note_count` and `seconds` (of those taken)."""
        here = models.Q(files__last_version__isnull=True)
        taken = here & models.Q(files__verdict=Verdict.TAKEN)
        return self.annotate(
            taken=models.Count("files", filter=taken),
            duplicates=models.Count("files", filter=here & models.Q(files__verdict=Verdict.DUPLICATE)),
            refused=models.Count("files", filter=here & models.Q(files__verdict=Verdict.REFUSED)),
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
    visibility = models.CharField(
        _("visibility"), max_length=10, choices=Visibility, default=Visibility.PUBLIC
    )
    version = models.PositiveIntegerField(default=1, help_text="the newest, or the one being taken in")
    layout = models.CharField(max_length=40, blank=True, help_text="the published dataset it is laid out as")
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

    @property
    def is_open(self) -> bool:
        """Whether its licence lets everybody hear the files."""
        return self.licence in OPEN_LICENCES

    def version_folder(self, number: int) -> Path:
        """The files of one version, laid out for reading."""
        return self.folder / "versions" / str(number)

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
    version = models.PositiveIntegerField(default=1, help_text="of the dataset that it came with")
    place = models.CharField(
        max_length=4000, blank=True, help_text="a folder on this server that is read where it lies"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.place) if self.place else self.dataset.uploads_folder / self.stored_name


class DatasetVersion(models.Model):
    """What a dataset held at one time; a run says from which version it learned."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content_hash = models.CharField(
        max_length=64, help_text="SHA-256 over the paths and hashes of its files; equal for equal versions"
    )
    change = models.CharField(max_length=300, blank=True, help_text="how it differs from the one before")
    file_count = models.PositiveIntegerField()
    note_count = models.PositiveBigIntegerField()
    seconds = models.FloatField()
    report = models.JSONField(default=dict, help_text="as musicgen.corpus.quality writes it")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="training_dataset_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.dataset}, version {self.number}"


class Verdict(models.TextChoices):
    """What became of a file."""

    TAKEN = "taken", _("taken")
    DUPLICATE = "duplicate", _("duplicate")
    REFUSED = "refused", _("refused")


class DatasetFileQuerySet(models.QuerySet["DatasetFile"]):
    """Vocabulary about files of datasets."""

    def of_version(self, number: int) -> "DatasetFileQuerySet":
        """What a version of the dataset holds."""
        gone = models.Q(last_version__lt=number)
        return self.filter(first_version__lte=number).exclude(gone)

    def taken(self) -> "DatasetFileQuerySet":
        """What can be learned from."""
        return self.filter(verdict=Verdict.TAKEN)

    def matching(self, words: str) -> "DatasetFileQuerySet":
        """Those whose path, title, composer, group or key hold all the words."""
        found = self
        for word in words.split():
            found = found.filter(
                models.Q(path__icontains=word)
                | models.Q(composer__icontains=word)
                | models.Q(title__icontains=word)
                | models.Q(style__icontains=word)
                | models.Q(key__istartswith=word)
                | models.Q(reason__icontains=word)
            )
        return found


class DatasetFile(models.Model):
    """One file of a dataset with its verdict, and what was found in it."""

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
    upload = models.ForeignKey(
        DatasetUpload, null=True, blank=True, on_delete=models.SET_NULL, related_name="files"
    )
    first_version = models.PositiveIntegerField(default=1, help_text="of the dataset that holds it")
    last_version = models.PositiveIntegerField(null=True, blank=True, help_text="empty: the newest holds it")

    # What the dataset itself says of it, where it has tables or a known layout.
    composer = models.CharField(max_length=MAX_WORDS, blank=True)
    title = models.CharField(max_length=MAX_WORDS, blank=True)
    work = models.CharField(max_length=MAX_WORDS, blank=True)
    style = models.CharField(max_length=MAX_WORDS, blank=True, help_text="a dastgah, a genre, a collection")
    split = models.CharField(max_length=10, blank=True)
    licence = models.CharField(max_length=MAX_WORDS, blank=True, help_text="where files differ in it")
    # What was found in it.
    key = models.CharField(max_length=20, blank=True)
    tempo_bpm = models.FloatField(null=True, blank=True)
    examined = models.JSONField(default=dict, help_text="as musicgen.corpus.examining writes it")

    objects = DatasetFileQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["dataset", "position"], name="training_file_position_once")
        ]
        indexes = [
            models.Index(fields=["dataset", "verdict", "position"]),
            models.Index(fields=["dataset", "composer"]),
            models.Index(fields=["dataset", "style"]),
        ]

    def __str__(self) -> str:
        return self.path
