"""`{% site_link address label %}`: a link of the main menu that knows whether it leads to where we are."""

from typing import Any

from django import template

register = template.Library()


@register.inclusion_tag("site/_link.html", takes_context=True)
def site_link(context: template.Context, address: str, label: str) -> dict[str, Any]:
    """One item of the menu; the current one also where the page lies below its address."""
    request = context.get("request")
    here = request.path if request is not None else ""
    return {"address": address, "label": label, "is_current": here.startswith(address)}
