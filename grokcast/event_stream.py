"""Server-sent events, as the service streams them."""

import json

from grokcast.requests import JsonObject


class EventReader:
    """Puts the lines of a stream of server-sent events together."""

    def __init__(self) -> None:
        self._event: JsonObject = {}

    def read(self, line: str) -> JsonObject | None:
        """Take a line; return an event where it ends one."""
        if not line:
            event, self._event = self._event, {}
            if "data" not in event:
                return None
            return {"event": event.get("event", "message"), "data": json.loads(event["data"])}
        name, _, value = line.partition(":")
        if name in ("event", "id"):
            self._event[name] = value.strip()
        elif name == "data":
            before = self._event.get("data")
            self._event["data"] = value.strip() if before is None else f"{before}\n{value.strip()}"
        return None
