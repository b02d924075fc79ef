"""What webhooks are told about a run, in the forms that their receivers take.

Plain messages follow Standard Webhooks; Slack's incoming webhooks take `text` (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks),
Discord's `content` (docs.discord.com/developers/resources/webhook), and ntfy a topic and a `message` (docs.ntfy.sh/publish, "Publish as JSON").
"""

import re
import time
from typing import Any
from urllib.parse import urlsplit

from api.storage.stored_run import StoredRun
from api.wire.forecasts import ForecastAnswer

_DISCORD_LENGTH, _NTFY_LENGTH = 2_000, 4_000  # of a text, at most


def event_of(forecast: ForecastAnswer) -> str | None:
    """Return the kind of message that a forecast is worth; None where it is worth none."""
    if forecast.phase == "generalized":
        return None
    return {"continue": "run.expected", "stop": "run.unlikely"}.get(forecast.advice.action)


def message_of(run: StoredRun, event: str, forecast: ForecastAnswer) -> dict[str, Any]:
    """Return the message for the webhook of a run, as JSON holds it."""
    text = _sentence(run, event, forecast)
    more = [s.text for s in forecast.words if s.about in ("advice", "clock")]
    lines = "\n".join([text, *more])
    match run.webhook_format:
        case "slack":
            # Its three control characters; without mrkdwn nothing else of a run's name means anything.
            escaped = lines.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            return {"text": escaped, "mrkdwn": False}
        case "discord":
            plain = re.sub(r"([\\*_~`|>\[\]()#:@-])", r"\\\1", lines)
            return {"content": plain[:_DISCORD_LENGTH], "allowed_mentions": {"parse": []}}
        case "ntfy":
            topic = urlsplit(run.webhook_url or "").path.rpartition("/")[2]
            tag = "seedling" if event == "run.expected" else "octagonal_sign"
            return {"topic": topic, "title": f"Grokcast: {run.run_id}", "message": lines[:_NTFY_LENGTH], "tags": [tag]}
    return {
        "type": event,
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "data": {"run_id": run.run_id, "text": text, "forecast": forecast.model_dump(mode="json")},
    }


def posted_to(url: str, format: str | None) -> str:
    """Return the address that a message of a format is posted to: ntfy's JSON goes to the server, which reads the topic in it."""
    if format != "ntfy":
        return url
    parts = urlsplit(url)
    return parts._replace(path=parts.path.rpartition("/")[0] + "/").geturl()


def _sentence(run: StoredRun, event: str, forecast: ForecastAnswer) -> str:
    if event == "run.expected":
        median = forecast.onset_step.p50 or forecast.onset_step_if_onset.p50
        when = "" if median is None else f" around step {median:,}"
        return f"run {run.run_id} is expected to generalise{when}"
    return f"run {run.run_id} is unlikely to generalise by step {forecast.horizon_step:,}"
