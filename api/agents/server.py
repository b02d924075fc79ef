"""A server of the tools in the Model Context Protocol; needs the extra `mcp`, and nothing that starts the service imports it."""

import json
from collections.abc import Callable
from typing import Any

from mcp.server import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool as ListedTool,
    ToolAnnotations,
)
from starlette.requests import Request

from api.agents.tools import TOOLS, Refused, Service, Tool, call

_INSTRUCTIONS = (
    "Grokcast forecasts grokking: whether and when a training run will generalise after it has memorised. Plan settings with "
    "plan_runs before training; forecast a history with forecast_history; of runs that a service watches use list_runs and "
    "run_forecast. Where `support.in_support` is false the figures are no verdict: say so, and use explain for what is missing."
)
_FOR_PEOPLE = {"title", "examples", "default", "x-known-values", "x-other-names"}
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


def server_of(service_for: Callable[[Request | None], Service], version: str) -> Server[Any]:
    """Return a server of the tools.

    Parameters
    ----------
    service_for : returns whom to ask, given the HTTP request that a call came with; None on stdio.
    version : of grokcast, which clients show.
    """

    async def on_list_tools(_: Any, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[_listed(tool) for tool in TOOLS.values()])

    async def on_call_tool(context: Any, params: CallToolRequestParams) -> CallToolResult:
        try:
            answer = await call(service_for(context.request), params.name, params.arguments or {})
        except Refused as error:
            return CallToolResult(content=[TextContent(text=str(error))], is_error=True)
        return CallToolResult(content=[TextContent(text=json.dumps(answer))], structured_content=answer)

    return Server(
        "grokcast",
        title="Grokcast",
        version=version,
        instructions=_INSTRUCTIONS,
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
    )


def _listed(tool: Tool) -> ListedTool:
    return ListedTool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=_lean(tool.arguments.model_json_schema()),
        output_schema=_lean(tool.answer.model_json_schema(mode="serialization")),
        annotations=_READS,
    )


def _lean(schema: Any) -> Any:
    """Return a schema without what only people read: whoever asks an agent pays for every word of it."""
    if isinstance(schema, list):
        return [_lean(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: part for name, part in schema.items() if not (name in _FOR_PEOPLE and not isinstance(part, dict))}
    return {name: _lean(part) for name, part in kept.items()}
