"""Everything that is kept of what one listener said."""

from typing import Any

from accounts.models import Listener
from listening.models import Comparison, Enrolment, Exclusion, Rating, StudyAnswer, Verdict


def kept_of(listener: Listener) -> dict[str, list[dict[str, Any]]]:
    """By kind; dates in ISO 8601."""
    return {
        "consents": [
            {
                "at": row.created_at.isoformat(),
                "consent": row.consent_text,
                "training": row.training,
                "study": row.study.title if row.study else None,
            }
            for row in Enrolment.objects.filter(listener=listener).select_related("study").order_by("pk")
        ],
        "comparisons": [
            {
                "at": row.answered_at.isoformat(),
                "outcome": row.outcome,
                "reasons": row.reasons,
                "left": row.left_system,
                "right": row.right_system,
                "check": row.check_kind,
                "heard_seconds": [round(clip.heard_seconds, 2) for clip in row.trial.clips.all()],
                "address_digest": row.address_digest,
            }
            for row in Comparison.objects.filter(listener=listener)
            .select_related("trial")
            .prefetch_related("trial__clips")
            .order_by("pk")
        ],
        "verdicts": [
            {
                "at": row.answered_at.isoformat(),
                "system": row.system,
                "said_human": row.said_human,
                "knew_it": row.knew_it,
                "address_digest": row.address_digest,
            }
            for row in Verdict.objects.filter(listener=listener).order_by("pk")
        ],
        "ratings": [
            {"at": row.updated_at.isoformat(), "song": row.song.title, "stars": row.stars}
            | {name: getattr(row, name) for name in ("coherence", "melody", "rhythm")}
            for row in Rating.objects.filter(listener=listener).select_related("song").order_by("pk")
        ],
        "study_answers": [
            {
                "at": row.answered_at.isoformat(),
                "study": row.participation.study.title,
                "page": row.number,
                "values": row.values,
            }
            for row in StudyAnswer.objects.filter(participation__listener=listener)
            .select_related("participation__study")
            .order_by("pk")
        ],
        "exclusions": [
            {"set_apart": row.is_active, "reason": row.reason}
            for row in Exclusion.objects.filter(listener=listener)
        ],
    }
