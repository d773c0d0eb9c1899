"""`{% better_address checkpoint as address %}`: where a checkpoint's training is heard step by step."""

from django import template

from listening.selectors import better
from training.models import Checkpoint

register = template.Library()


@register.simple_tag
def better_address(checkpoint: Checkpoint | None) -> str:
    """The page's address; empty where there is none."""
    return better.better_address(checkpoint) if checkpoint is not None else ""
