"""How pages write durations, losses and model cards."""

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import User
from training.markdown import to_html
from training.models import WorkState
from training.trainings import NETWORK_TITLES

register = template.Library()

_BADGES = {
    WorkState.QUEUED: "",
    WorkState.RUNNING: "active",
    WorkState.FINISHED: "good",
    WorkState.FAILED: "bad",
    WorkState.CANCELLED: "warn",
}


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as people say them: 48 s, 12 min 5 s, 3 h 20 min, 2 d 4 h."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return _("%(s)s s") % {"s": whole}
    if whole < 3600:
        return _("%(m)s min %(s)s s") % {"m": whole // 60, "s": whole % 60}
    if whole < 86_400:
        return _("%(h)s h %(m)s min") % {"h": whole // 3600, "m": whole % 3600 // 60}
    return _("%(d)s d %(h)s h") % {"d": whole // 86_400, "h": whole % 86_400 // 3600}


@register.filter
def nats(value: float | None) -> str:
    """A loss to three places; a dash where there is none yet."""
    return f"{value:.3f}" if isinstance(value, int | float) else "–"  # a template says "" for what is missing


@register.filter
def percent(share: float) -> int:
    """0 to 1 as whole percent; 100 only when it is done."""
    return min(100 if share >= 1 else 99, int(share * 100))


@register.filter
def badge(state: str) -> str:
    """The badge's class for a state of work."""
    return _BADGES[WorkState(state)]


@register.filter
def person(user: User) -> str:
    """A name to show to others: the one they gave, never their address."""
    return user.get_full_name() or _("researcher %(number)s") % {"number": user.pk}


@register.filter
def network_title(name: str) -> str:
    """A network's name as people write it."""
    return NETWORK_TITLES.get(name, name)


@register.filter
def markdown(text: str) -> SafeString:
    """A model card as HTML; whatever HTML it holds itself is shown as text."""
    return to_html(text)
