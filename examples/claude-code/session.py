"""What an agent behind MCP does: remembers in one session, recalls in another."""

import asyncio
import json
import os
from pathlib import Path

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

SERVER = json.loads((Path(__file__).parent / "mcp.json").read_text())["mcpServers"]["memos"]


async def call(tool: str, arguments: dict) -> str:
    command = StdioServerParameters(
        command=SERVER["command"], args=SERVER["args"], env=dict(os.environ)
    )
    async with stdio_client(command) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        assert tool in names, names
        result = await session.call_tool(tool, arguments)
        text = "\n".join(part.text for part in result.content if part.type == "text")
        assert not result.is_error, text
        return text


async def main() -> None:
    await call("remember", {"text": "The deploy key of the staging server is kept in the blue safe."})
    recalled = await call("recall", {"query": "Where is the deploy key kept?"})
    print(recalled)
    assert "blue safe" in recalled, recalled


if __name__ == "__main__":
    asyncio.run(main())
