"""`manage.py role EMAIL ROLE`: make a researcher or moderator of somebody who has signed up."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.roles import ROLES
from accounts.services import user_grant_role, user_revoke_role


class Command(BaseCommand):
    """Gives a role to a user, or takes it back with --revoke."""

    help = "Give a role to a user who has signed up, or take it back with --revoke."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """EMAIL ROLE [--revoke]."""
        parser.add_argument("email")
        parser.add_argument("role", choices=ROLES)
        parser.add_argument("--revoke", action="store_true", help="take the role away instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the user, change the role, say so."""
        user = User.objects.filter(email=options["email"].lower()).first()
        if user is None:
            raise CommandError(f"Nobody has signed up as {options['email']}.")
        change = user_revoke_role if options["revoke"] else user_grant_role
        change(user=user, role=options["role"])
        verb = "is no longer" if options["revoke"] else "is now"
        self.stdout.write(f"{user.email} {verb} a {options['role']}.")
