"""Answers kept so that a request sent twice does its work once."""

from typing import ClassVar

from django.db import models

from accounts.models.api_token import ApiToken


class KeptAnswer(models.Model):
    """What was answered to a request that carried an idempotency key.

    Attributes:
        digest: of the request, so that a key used for another request is noticed.
        status: of the answer; empty while the first request is still being worked on.
    """

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="kept_answers")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.TextField(blank=True)
    content_type = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["token", "key"], name="accounts_answer_once")
        ]

    def __str__(self) -> str:
        return f"answer to {self.key}"
