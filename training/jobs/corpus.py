"""The corpus that a run learns from: made by the first that wants it, and kept for all others."""

import time
from typing import Final

from django.utils.translation import gettext as _

from musicgen.corpus import CorpusError, open_corpus
from musicgen.corpus.prepare import prepare
from training import shared
from training.jobs.version_files import version_laid_out
from training.models import Corpus, Run, Trial, corpus_folder
from training.services import WorkFailedError, corpus_record, options_key, work_report

REPORT_SECONDS: Final = 1.0  # between reports of the corpus being prepared


def corpus_for(run: Run | Trial) -> Corpus:
    """The corpus of a run or trial, made now if none has had it before."""
    options = run.corpus_options
    key = options_key(options)
    folder = corpus_folder(run.dataset, run.representation, key)
    known = Corpus.objects.filter(
        dataset=run.dataset, representation=run.representation, options_key=key
    ).first()
    if known is not None:
        try:
            open_corpus(shared.fetch_folder(folder))
        except CorpusError:
            pass  # damaged or gone: it is made again
        else:
            return known
    reported = 0.0

    def report(done: int, total: int) -> None:
        nonlocal reported
        if time.monotonic() - reported >= REPORT_SECONDS:
            reported = time.monotonic()
            message = _("Preparing the corpus, step %(done)s of %(total)s") % {"done": done, "total": total}
            work_report(row=run, progress=0.0, message=message)

    try:
        prepared = prepare(
            version_laid_out(run.dataset, run.dataset_version),
            folder,
            representation=run.representation,
            options=options.get("representation"),
            transpositions=options["transpositions"],
            split_by=options.get("split_by", "work"),
            on_progress=report,
        )
    except CorpusError as error:
        raise WorkFailedError(str(error)) from error
    shared.share_folder(folder)
    return corpus_record(
        dataset=run.dataset,
        representation=run.representation,
        options=options,
        corpus_hash=prepared.corpus_hash,
        piece_counts={name: split.pieces for name, split in prepared.splits.items()},
        token_counts={name: split.tokens for name, split in prepared.splits.items()},
        vocabulary_size=prepared.vocabulary_size,
    )
