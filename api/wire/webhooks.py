"""The wire form of a run's webhook."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.storage.stored_run import Webhook, WebhookFormat
from api.wire.webhook_address import check_url
from api.wire.webhook_secret import check_secret
from training_runs import InvalidInput

_Text = Annotated[str, StringConstraints(strict=True, max_length=2_000)]
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")  # as ntfy names them


class WebhookFields(BaseModel):
    """Where to post when the advice for this run becomes `continue` or `stop`."""

    model_config = ConfigDict(extra="forbid")

    url: _Text = Field(description="http or https, at a public address")
    secret: _Text | None = Field(
        None,
        description="signs each message as Standard Webhooks does: `whsec_` and the base64 of 24 to 64 random bytes; "
        "never shown again; of plain messages alone",
    )
    format: WebhookFormat = Field(
        "plain", description="`slack`, `discord` and `ntfy` take the address of an incoming webhook, or of a topic"
    )

    def checked(self, *, private_addresses: bool) -> Webhook:
        """Return the webhook to store.

        Raises
        ------
        InvalidInput : an address that nothing can be posted to, or a secret that cannot sign.
        """
        check_url(self.url, private_addresses=private_addresses)
        if self.format == "ntfy" and not _TOPIC.fullmatch(urlsplit(self.url).path.rpartition("/")[2]):
            raise InvalidInput(
                field="webhook.url", value=self.url, expected="the address of a topic, such as https://ntfy.sh/my-runs"
            )
        if self.secret is not None and self.format != "plain":
            raise InvalidInput(
                field="webhook.secret",
                value="a secret",
                expected=f"none with format {self.format}, which checks no signature",
                hint="its address is what is secret",
            )
        if self.secret is not None:
            check_secret(self.secret)
        return Webhook(self.url, self.secret, None if self.format == "plain" else self.format)
