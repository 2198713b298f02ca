"""The official client of the Model Context Protocol, over streamable HTTP and over stdio.

MEMOS_BIN is the binary, MEMOS_URL the address of a server, MEMOS_FOLDER a folder that no one has
open. Each set of tools is used as its clients use it; the client checks what comes back against the
schemas that the server told.
"""

import asyncio
import os
import sys
import warnings

from mcp import Client, MCPError, StdioServerParameters

BINARY = os.environ["MEMOS_BIN"]
URL = os.environ["MEMOS_URL"]
FOLDER = os.environ["MEMOS_FOLDER"]
GRAPH = "memory://knowledge-graph"

# The server's word on each tool, for all of them.
HINTS = ("read_only_hint", "destructive_hint", "idempotent_hint", "open_world_hint")


def over_http(query):
    return f"{URL}/mcp?{query}"


def over_stdio(query, folder=FOLDER):
    """The same as arguments of the command line."""
    args = ["mcp", "--data", folder]
    for pair in query.split("&"):
        name, value = pair.split("=")
        args += [f"--{name}", value]
    env = {"HOME": folder, "PATH": os.environ["PATH"]}
    return StdioServerParameters(command=BINARY, args=args, env=env)


async def did(client, tool, **arguments):
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, (tool, result)
    assert result.content and result.content[0].text, (tool, result)
    return result.structured_content


async def refused(client, tool, *words, **arguments):
    result = await client.call_tool(tool, arguments)
    assert result.is_error, (tool, result)
    for word in (*words, "help: "):
        assert word in result.content[0].text, (word, result)


async def shown(client, count):
    tools = (await client.list_tools()).tools
    assert len(tools) == count, [tool.name for tool in tools]
    for tool in tools:
        assert tool.description and tool.output_schema, tool
        assert all(getattr(tool.annotations, hint) is not None for hint in HINTS), tool
    return {tool.name for tool in tools}


async def default_tools(client, mark):
    names = await shown(client, 5)
    assert names == {"remember", "recall", "forget", "update", "timeline"}
    stored = await did(client, "remember", text="Mina prefers aisle seats.", speaker="Tom")
    mina = stored["ids"][0]
    said = [
        {"role": "user", "content": f"I walked {i} miles.", "time": f"2025-03-0{i}"}
        for i in range(1, 6)
    ]
    walks = (await did(client, "remember", messages=said, session="walks"))["ids"]
    found = await did(client, "recall", query="Which seat does Mina like?")
    assert found["memories"][0]["id"] == mina, found
    page = await did(client, "timeline", around=walks[2], limit=3)
    assert [m["id"] for m in page["memories"]] == walks[1:4], page
    day = await did(client, "timeline", day="2025-03-04")
    assert [m["id"] for m in day["memories"]] == [walks[3]], day
    changed = await did(client, "update", id=mina, text="Mina prefers window seats.")
    assert changed["memory"]["text"] == "Mina prefers window seats.", changed
    found = await did(client, "recall", query="Which seat does Mina like?")
    assert found["memories"][0]["text"] == "Mina prefers window seats.", found
    await did(client, "forget", ids=[mina])
    found = await did(client, "recall", query="Which seat does Mina like?")
    assert all(m["id"] != mina for m in found["memories"]), found
    await refused(client, "forget", "field: ids", ids=[mina])
    await refused(client, "recall", "field: limit", query="x", limit=0)
    await refused(client, "remember", "text")
    await refused(client, "remember", "txt", txt="x")


async def memos_tools(client, mark):
    await shown(client, 16)
    ada, ben, notes = f"ada-{mark}", f"ben-{mark}", f"notes-{mark}"
    await did(client, "create_user", user_id=ada)
    await did(client, "create_cube", cube_name="Notes", owner_id=ada, cube_id=notes)
    await did(client, "register_cube", cube_name_or_path=notes)
    added = await did(client, "add_memory", memory_content="Ada keeps bees.", user_id=ada)
    one = {"cube_id": ada, "memory_id": added["memory_ids"][0]}
    messages = [{"role": "user", "content": "The bees are in the garden."}]
    await did(client, "add_memory", messages=messages, cube_id=notes)
    found = await did(client, "search_memories", query="bees", user_id=ada)
    assert {part["cube_id"] for part in found["text_mem"]} == {ada, notes}, found
    assert (await did(client, "get_memory", **one))["memory"] == "Ada keeps bees."
    await did(client, "update_memory", memory_content="Ada keeps goats.", **one)
    found = await did(client, "search_memories", query="goats", cube_ids=[ada])
    assert found["text_mem"][0]["memories"][0]["memory"] == "Ada keeps goats.", found
    await did(client, "delete_memory", **one)
    await refused(client, "get_memory", **one)
    dump = await did(client, "dump_cube", dump_dir="/nowhere", cube_id=notes)
    lines = (await client.read_resource(dump["uri"])).contents[0].text
    assert "garden" in lines and not os.path.exists("/nowhere")
    await did(client, "share_cube", cube_id=notes, target_user_id=ben)
    info = await did(client, "get_user_info", user_id=ben)
    assert [cube["cube_id"] for cube in info["accessible_cubes"]] == [notes], info
    await did(client, "delete_all_memories", cube_id=notes)
    found = await did(client, "search_memories", query="bees", cube_ids=[notes])
    assert found["text_mem"] == [], found
    await did(client, "unregister_cube", cube_id=notes)
    await did(client, "clear_chat_history", user_id=ada)
    await did(client, "control_memory_scheduler", action="start")
    await refused(client, "control_memory_scheduler", action="stop")
    await refused(client, "chat", "language model", query="hello")
    await refused(client, "add_memory", "doc_path", doc_path="/etc/passwd")


async def mem0_tools(client, mark):
    await shown(client, 9)
    eve = f"eve-{mark}"
    added = await did(client, "add_memory", text="Eve plays the oboe.", user_id=eve)
    one = {"memory_id": added["results"][0]["id"]}
    await did(client, "add_memory", text="Eve rests.", user_id=eve, run_id="evening")
    mine = {"AND": [{"user_id": eve}]}
    found = await did(client, "search_memories", query="Who plays the oboe?", filters=mine)
    assert found["results"][0]["memory"] == "Eve plays the oboe.", found
    page = await did(client, "get_memories", filters=mine, page=1, page_size=1)
    assert page["count"] == 2 and len(page["results"]) == 1, page
    assert (await did(client, "get_memory", **one))["memory"] == "Eve plays the oboe."
    await did(client, "update_memory", text="Eve plays the cello.", **one)
    found = await did(client, "search_memories", query="cello", filters=mine)
    assert found["results"][0]["memory"] == "Eve plays the cello.", found
    await did(client, "delete_memory", **one)
    await refused(client, "get_memory", **one)
    names = [e["id"] for e in (await did(client, "list_entities"))["results"]]
    assert eve in names and "evening" in names, names
    await did(client, "delete_entities", run_id="evening")
    await did(client, "add_memory", text="Eve is back.", user_id=eve)
    await did(client, "delete_all_memories", user_id=eve)
    page = await did(client, "get_memories", filters=mine)
    assert page["count"] == 0, page
    await refused(client, "add_memory", "text", user_id=eve)


async def graph_tools(client, mark):
    await shown(client, 9)
    mina = {"name": "Mina", "entityType": "person", "observations": ["Speaks Greek"]}
    acme = {"name": "Acme", "entityType": "company", "observations": []}
    works = {"from": "Mina", "to": "Acme", "relationType": "works_at"}
    made = await did(client, "create_entities", entities=[mina, acme])
    assert made == {"entities": [mina, acme]}, made
    assert (await did(client, "create_entities", entities=[mina]))["entities"] == []
    assert await did(client, "create_relations", relations=[works]) == {"relations": [works]}
    more = [{"entityName": "Mina", "contents": ["Speaks Greek", "Likes figs"]}]
    added = await did(client, "add_observations", observations=more)
    assert added["results"][0]["addedObservations"] == ["Likes figs"], added
    found = await did(client, "search_nodes", query="figs")
    assert found["entities"][0]["name"] == "Mina" and found["relations"] == [works], found
    opened = await did(client, "open_nodes", names=["Acme"])
    assert opened["entities"] == [acme], opened
    resources = (await client.list_resources()).resources
    assert GRAPH in [str(resource.uri) for resource in resources], resources
    text = (await client.read_resource(GRAPH)).contents[0].text
    assert "Likes figs" in text, text
    wrong = [{"entityName": "Nobody", "contents": ["x"]}]
    await refused(client, "add_observations", "Nobody not found", observations=wrong)
    gone = [{"entityName": "Mina", "observations": ["Likes figs"]}]
    assert (await did(client, "delete_observations", deletions=gone))["success"]
    assert (await did(client, "delete_relations", relations=[works]))["success"]
    assert (await did(client, "delete_entities", entityNames=["Mina"]))["success"]
    graph = await did(client, "read_graph")
    assert graph == {"entities": [acme], "relations": []}, graph


async def besides(client, mark):
    """Resources, prompts, and what is no tool."""
    await did(client, "remember", text="The ferry leaves at noon.")
    listed = (await client.list_resources()).resources
    text = (await client.read_resource(listed[-1].uri)).contents[0].text
    assert text, listed
    assert len((await client.list_resource_templates()).resource_templates) == 4
    names = [prompt.name for prompt in (await client.list_prompts()).prompts]
    assert "recall-before-answering" in names, names
    question = {"question": "When does the ferry leave?"}
    prompt = await client.get_prompt("recall-before-answering", question)
    assert "The ferry leaves at noon." in prompt.messages[0].content.text, prompt
    for wrong in (client.call_tool("frobnicate", {}), client.read_resource("file:///etc/passwd")):
        try:
            await wrong
        except MCPError as error:
            assert error.error.message, error
        else:
            raise AssertionError("it has to be refused")
    stored = await did(client, "remember", messages=[
        {"role": "user", "content": f"thing {i}"} for i in range(3)
    ])
    told = []

    async def progress(done, total, message):
        told.append((done, total))

    arguments = {"ids": stored["ids"]}
    await client.call_tool("forget", arguments, progress_callback=progress)
    assert told == [(0, 3), (1, 3), (2, 3)], told


async def subscriptions(target, other):
    """What one client changes, another hears."""
    entity = {"name": "Ada", "entityType": "person", "observations": []}
    async with Client(target) as client, Client(other) as changer:
        async with client.listen(resource_subscriptions=[GRAPH]) as news:
            await did(changer, "create_entities", entities=[entity])
            event = await asyncio.wait_for(anext(aiter(news)), 20)
            assert GRAPH in str(event), event
    heard = asyncio.Queue()

    async def hear(message):
        await heard.put(message)

    async with Client(target, mode="legacy", message_handler=hear) as client:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            await client.subscribe_resource(GRAPH)
        async with Client(other) as changer:
            await did(changer, "delete_entities", entityNames=["Ada"])
        while GRAPH not in str(await asyncio.wait_for(heard.get(), 20)):
            pass


async def main():
    plans = [
        ("default", default_tools),
        ("memos", memos_tools),
        ("mem0", mem0_tools),
        ("graph", graph_tools),
        ("default", besides),
    ]
    for way in (over_http, over_stdio):
        for mode in ("legacy", "auto"):
            for tools, plan in plans:
                query = f"tools={tools}&cube={way.__name__}-{mode}-{plan.__name__}"
                async with Client(way(query), mode=mode) as client:
                    wanted = "2026-07-28" if mode == "auto" else "2025-11-25"
                    assert client.protocol_version == wanted, client.protocol_version
                    await plan(client, f"{way.__name__}-{mode}")
                print(way.__name__, mode, plan.__name__, "done", file=sys.stderr)
    query = "tools=graph&cube=heard"
    await subscriptions(over_http(query), over_http(query))
    # Two agents on one folder: the second talks to the server of the first.
    await subscriptions(over_stdio(query), over_stdio(query))
    # A command on the folder of a running server talks to that server.
    served = over_stdio(query, os.environ["MEMOS_SERVED"])
    await subscriptions(served, over_http(query))
    print("all well")


asyncio.run(main())
