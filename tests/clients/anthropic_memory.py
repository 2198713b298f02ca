"""The memory tool of Anthropic's package with a MemOS server behind it.

Claude is a script here: what its tool runner would hand to the tool goes through the package's own
`call`, and the answers are compared with those of the package's tool over a folder.
"""

import asyncio
import json
import os
import tempfile
import urllib.request

from anthropic.lib.tools import ToolError
from anthropic.tools.memory import (
    BetaAbstractMemoryTool,
    BetaAsyncAbstractMemoryTool,
    BetaLocalFilesystemMemoryTool,
)

URL = os.environ["MEMOS_URL"]


def ask(user, command):
    request = urllib.request.Request(
        f"{URL}/v1/memory/tool",
        data=json.dumps(command.to_dict(exclude_none=True)).encode(),
        headers={"content-type": "application/json", "x-memos-user": user},
    )
    with urllib.request.urlopen(request) as response:
        told = json.load(response)
    if told["is_error"]:
        raise ToolError(told["content"])
    return told["content"]


class MemosMemoryTool(BetaAbstractMemoryTool):
    """All that it takes to keep Claude's memory in MemOS."""

    def __init__(self, user):
        super().__init__()
        self.user = user

    def execute(self, command):
        return ask(self.user, command)

    view = create = str_replace = insert = delete = rename = execute


class AsyncMemosMemoryTool(BetaAsyncAbstractMemoryTool):
    def __init__(self, user):
        super().__init__()
        self.user = user

    async def execute(self, command):
        return await asyncio.to_thread(ask, self.user, command)

    view = create = str_replace = insert = delete = rename = execute


def view(path, *lines):
    return {"command": "view", "path": path, **({"view_range": list(lines)} if lines else {})}


def create(path, text):
    return {"command": "create", "path": path, "file_text": text}


def replace(path, old, new):
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


def insert(path, line, text):
    return {"command": "insert", "path": path, "insert_line": line, "insert_text": text}


def delete(path):
    return {"command": "delete", "path": path}


def rename(old, new):
    return {"command": "rename", "old_path": old, "new_path": new}


CALLS = [
    create("/memories/a.md", "one\ntwo\nthree\nfour\nfive\nsix\n"),
    create("/memories/a.md", "again"),
    create("/memories/people/mina.md", "# Mina\n"),
    create("/memories/empty", ""),
    view("/memories/a.md"),
    view("/memories/a.md", 2, 3),
    view("/memories/a.md", 5, -1),
    view("/memories/empty"),
    view("/memories/none.md"),
    replace("/memories/a.md", "four", "FOUR"),
    replace("/memories/a.md", "nowhere", "x"),
    replace("/memories/a.md", "e", "x"),
    replace("/memories/none.md", "a", "b"),
    insert("/memories/a.md", 0, "zero\n"),
    insert("/memories/a.md", 7, "seven"),
    insert("/memories/a.md", 99, "x"),
    insert("/memories/none.md", 0, "x"),
    insert("/memories/empty", 0, "filled"),
    view("/memories/a.md"),
    view("/memories/empty"),
    rename("/memories/a.md", "/memories/people/b.md"),
    rename("/memories/people/b.md", "/memories/people/mina.md"),
    rename("/memories/none", "/memories/some"),
    rename("/memories/people", "/memories/folk"),
    view("/memories/folk/b.md"),
    delete("/memories/folk/b.md"),
    delete("/memories/none"),
    delete("/memories/folk"),
    view("/memories/folk"),
    delete("/memories"),
    view("/memories/../secret"),
    view("/etc/passwd"),
]


def told(call):
    try:
        return ("does", call())
    except ToolError as error:
        return ("refuses", str(error).removeprefix("Error: ").split(". It should be within")[0])


def plain(answer):
    """What the documentation and the package put differently: an end of a sentence."""
    kind, text = answer
    if kind == "refuses":
        text = text.removesuffix(" Please provide a valid path.").removesuffix(".")
    return kind, text


def main():
    tool = MemosMemoryTool("ada")
    assert tool.to_dict() == {"type": "memory_20250818", "name": "memory"}
    with tempfile.TemporaryDirectory() as folder:
        theirs = BetaLocalFilesystemMemoryTool(folder)
        for call in CALLS:
            ours, expected = told(lambda: tool.call(call)), told(lambda: theirs.call(call))
            assert plain(ours) == plain(expected), f"{call}\n{ours}\n{expected}"

    listing = tool.call(view("/memories"))
    assert listing.splitlines()[1:] == ["7B\t/memories", "7B\t/memories/empty"], listing
    other = MemosMemoryTool("bob").call(view("/memories"))
    assert other.splitlines()[1:] == ["0B\t/memories"], other

    asynchronous = AsyncMemosMemoryTool("ada")
    content = asyncio.run(asynchronous.call(view("/memories/empty")))
    assert content.endswith("     1\tfilled\n     2\t"), content


main()
print("done")
