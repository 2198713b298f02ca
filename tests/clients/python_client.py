"""The package of clients/python against a real server: every method of both clients, the errors,
and the types against the server's own description."""

import asyncio
import inspect
import os
import socket
import typing

import httpx
from memos_client import AsyncMemos, Memos, MemosError, MemosUnreachable, types

URL = os.environ["MEMOS_URL"]

FERRY = {
    "role": "user",
    "name": "Noor",
    "content": "I booked the ferry to Naxos yesterday.",
    "chat_time": "2025-03-03T18:20:00+01:00",
}


class Used:
    """A client that notes which of its methods were called, and is awaited either way."""

    def __init__(self, client):
        self.client, self.names = client, set()

    def __getattr__(self, name):
        self.names.add(name)
        method = getattr(self.client, name)

        async def call(*args, **kwargs):
            got = method(*args, **kwargs)
            if inspect.isasyncgen(got):
                return [item async for item in got]
            if inspect.isgenerator(got):
                return list(got)
            return await got if inspect.isawaitable(got) else got

        return call


async def refused(awaitable):
    try:
        got = await awaitable
    except MemosError as error:
        return error
    raise AssertionError(f"it was not refused: {got}")


async def every_method(memos, cube):
    created = await memos.create_cube(
        cube, name="Trips", description="By sea", info={"color": "blue"}
    )
    assert (created["id"], created["name"], created["info"]) == (cube, "Trips", {"color": "blue"})

    # Add, in every form of a message.
    added = await memos.add([FERRY], session_id="s1", tags=["sea"], info={"n": 1})
    assert not added["duplicate_of_request"]
    (ferry,) = (ref["id"] for ref in added["memories"])
    again = await memos.add([FERRY], session_id="s1", tags=["sea"], info={"n": 1})
    assert again["duplicate_of_request"] and again["memories"][0]["id"] == ferry
    await memos.add("I am allergic to shellfish.", chat_time="2025-03-04")
    one = {"role": "assistant", "content": "Noted."}
    await memos.add(one, lifespan="ttl:30d")
    await memos.add(["The hotel has a pool.", {"role": "user", "content": "And a cat."}])
    document = {"text": "# Packing\n\nTake the blue tent.", "name": "packing.md"}
    kept = await memos.add_documents([document], tags=["list"], info={"n": 2}, lifespan="forever")
    assert kept["memories"], kept
    # A text alone is a document too.
    for plain in ("The hostel has a garden.", {"text": "The garden has a blue door."}):
        more = await memos.add_documents(plain)
        kept["memories"] += more["memories"]

    # Search and find.
    question = "When did Noor book the ferry?"
    found = await memos.search(
        question,
        top_k=1,
        max_tokens=500,
        filter={"speaker": "Noor"},
        time_window={"start": "2025-03-01", "end": "2025-04-01"},
        types=["message"],
        asked_at="2025-04-01",
        valid_at="2025-04-01",
        include=["derived", "archived"],
        deep=False,
        explain=True,
    )
    (hit,) = found["hits"]
    assert hit["memory"]["id"] == ferry and hit["memory"]["text"] == FERRY["content"]
    assert 0 < hit["relevance"] <= 1 and hit["signals"] and found["call"]["intent"]
    assert hit["memory"]["times"][0]["start"].startswith("2025-03-02")
    assert hit["memory"]["info"] == {"n": 1} and hit["memory"]["tags"] == ["sea"]
    context = await memos.context(question, cube=[cube], max_tokens=60, filter={"speaker": "Noor"})
    assert "Naxos" in context["text"] and context["memories"] == [ferry]
    assert 0 < context["tokens"] <= 60

    # List over pages, get, update, versions.
    everything = await memos.list(page_size=2)
    assert len(everything) == 5 + len(kept["memories"])
    assert everything[0]["id"] == ferry or ferry in [m["id"] for m in everything]
    assert len({m["id"] for m in everything}) == len(everything)
    listed = await memos.list(cube=cube, filter={"tags": {"contains": "sea"}})
    assert [m["id"] for m in listed] == [ferry]
    memory = await memos.get(ferry)
    assert memory["speaker"] == "Noor" and memory["session_id"] == "s1"
    shot = await memos.snapshot("before", note="as it was")
    assert shot["name"] == "before" and shot["note"] == "as it was"
    assert [s["name"] for s in await memos.snapshots()] == ["before"]
    changed = await memos.update(
        ferry,
        text="I booked the ferry to Paros.",
        key="ferry",
        tags=["sea", "plan"],
        info={"n": None, "m": 3},
        priority="high",
        semantic_type="event",
        lifespan="half_life:90d",
        said_at="2025-03-04T18:20:00+01:00",
        version=memory["version"],
    )
    assert changed["version"] == memory["version"] + 1 and changed["info"] == {"m": 3}
    assert (changed["key"], changed["priority"]) == ("ferry", "high")
    conflict = await refused(memos.update(ferry, text="No.", version=memory["version"]))
    assert (conflict.status, conflict.code) == (409, "conflict"), conflict.code
    assert conflict.field == "/version" and conflict.remedy and conflict.request_id
    assert conflict.remedy in str(conflict) and str(conflict).startswith("409: ")
    versions = await memos.versions(ferry)
    texts = [v["memory"]["text"] for v in versions]
    assert texts == [FERRY["content"], "I booked the ferry to Paros."], texts
    assert versions[1]["actor"] and versions[1]["cause"] == "call" and versions[0]["until"]

    # Back: a dry run changes nothing, the way forward is a rollback too.
    plan = await memos.rollback("before", dry_run=True)
    assert not plan["done"] and ferry in [step["id"] for step in plan["steps"]]
    assert (await memos.get(ferry))["text"] == "I booked the ferry to Paros."
    back = await memos.rollback("before")
    assert back["done"] and (await memos.get(ferry))["text"] == FERRY["content"]
    assert (await memos.rollback(f"change:{back['before']}"))["done"]
    assert (await memos.get(ferry))["text"] == "I booked the ferry to Paros."
    past = await memos.search("the ferry", as_of="before", top_k=1)
    assert past["hits"][0]["memory"]["text"] == FERRY["content"]

    # Feedback.
    (lives,) = (await memos.add({**FERRY, "content": "I live in Athens."}))["memories"]
    said = "That's wrong, I moved to Porto."
    came = await memos.feedback(
        said, speaker="Noor", memory_ids=[lives["id"]], chat_time="2025-06-01"
    )
    assert came["corrected"] == [lives["id"]] and (await memos.get(came["added"]))["text"] == said
    assert await memos.drain(cube=cube) is True

    # Forget, and no longer find.
    assert await memos.forget(ferry) is None
    gone = await refused(memos.get(ferry))
    assert (gone.status, gone.code) == (404, "memory_not_found")
    found = await memos.search("ferry to Paros, Naxos", as_of=None)
    assert ferry not in [hit["memory"]["id"] for hit in found["hits"]]

    # Whatever else there is.
    assert (await memos.send("GET", "/health"))["status"] == "healthy"
    dump = await memos.send("GET", f"/api/v1/cubes/{cube}/dump", query={"at": "before"})
    assert isinstance(dump, str) and FERRY["content"] not in dump
    topics = await memos.send("GET", f"/api/v1/cubes/{cube}/topics", None, {"limit": 3})
    assert "topics" in topics

    assert cube in [c["id"] for c in await memos.cubes()]
    assert await memos.delete_cube(cube) is None
    assert cube not in [c["id"] for c in await memos.cubes()]
    assert (await refused(memos.search("ferry"))).code == "cube_not_found"


async def refusals(memos, nowhere, elsewhere):
    bad = await refused(memos.search("x", top_k=0))
    assert bad.status in (400, 422) and bad.field == "/top_k" and bad.remedy, vars(bad)
    bad = await refused(memos.list(filter={"nothing": {"eq": 1}}))
    assert bad.code == "invalid_filter" and bad.remedy, vars(bad)
    bad = await refused(memos.send("GET", "/api/v1/nothing"))
    assert (bad.status, bad.code) == (404, "route_not_found")
    # Ids that look like a way through the routes, or are none.
    for dots in (".", ".."):
        assert (await refused(memos.get(dots))).status in (400, 404)
    for call in (memos.get(""), memos.delete_cube("")):
        try:
            await call
        except ValueError:
            continue
        raise AssertionError("an empty id is no id")
    unreachable = await refused(nowhere.search("x", cube="c"))
    assert isinstance(unreachable, MemosUnreachable) and unreachable.code == "unreachable"
    assert unreachable.remedy and unreachable.status == 0
    try:
        await nowhere.search("x")
    except ValueError as error:
        assert "cube=" in str(error)
    else:
        raise AssertionError("no cube is named")
    stranger = await refused(elsewhere.cubes())
    assert stranger.code == "no_memos" and stranger.remedy, vars(stranger)


async def another_servers_answer_is_none(memos):
    """It answers everything with JSON that a MemOS does not give."""
    for call in (
        memos.add("x"), memos.search("x"), memos.context("x"), memos.get("m"), memos.list(),
        memos.cubes(), memos.create_cube("c"), memos.snapshots(), memos.drain(),
    ):  # fmt: skip
        assert (await refused(call)).code == "no_memos"


def every_cube_of_many_pages(memos, count):
    for n in range(count):
        memos.create_cube(f"many-{n:03}")
    assert sum(c["id"].startswith("many-") for c in memos.cubes()) == count


def settings_reach_the_server():
    seen = []

    def handler(request):
        seen.append(request)
        return httpx.Response(200, json={"cubes": []})

    own = httpx.Client(transport=httpx.MockTransport(handler))
    with Memos("http://far/under/", api_key="k", timeout=7, client=own) as memos:
        memos.cubes()
        memos.send("POST", "/api/v1/tasks/drain", {})
        assert memos.send("GET", "/x", query={"a": "b c"})
    first = seen[0]
    assert str(first.url) == "http://far/under/api/v1/cubes?limit=200"
    assert first.headers["authorization"] == "Bearer k"
    assert first.extensions["timeout"]["read"] == 7
    assert not own.is_closed
    # An address without a scheme is meant as HTTP.
    Memos("far:7777", client=own).cubes()
    assert str(seen[-1].url).startswith("http://far:7777/api/v1/cubes")
    # The server may wait for as long as it is asked to.
    own = httpx.Client(
        transport=httpx.MockTransport(
            lambda r: seen.append(r) or httpx.Response(200, json={"drained": True})
        )
    )
    assert Memos("http://far", timeout=7, client=own).drain(timeout=60)
    assert seen[-1].extensions["timeout"]["read"] == 67


def methods(kind):
    return {
        name: inspect.signature(value)
        for name, value in vars(kind).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }


def both_clients_are_alike():
    sync, later = methods(Memos), methods(AsyncMemos)
    later["close"] = later.pop("aclose")
    assert sync.keys() == later.keys()
    for name, signature in sync.items():
        assert signature.parameters == later[name].parameters, name
        assert getattr(Memos, name).__doc__ == getattr(AsyncMemos, name, Memos.close).__doc__, name


#: The types, by the name of their schema in /openapi.json.
SCHEMAS = {
    "AddResponse": types.Added,
    "MemoryRef": types.Ref,
    "MemoryItem": types.Memory,
    "MemoryPage": types.MemoryPage,
    "LinkItem": types.Link,
    "TimeItem": types.Time,
    "SourceItem": types.Source,
    "SearchResponse": types.Found,
    "SearchHit": types.Hit,
    "SignalItem": types.Signal,
    "DeepStep": types.Step,
    "ContextResponse": types.Context,
    "VersionList": types.Versions,
    "VersionItem": types.Version,
    "FeedbackResponse": types.Feedback,
    "PlanResponse": types.Plan,
    "StepItem": types.PlanStep,
    "SnapshotItem": types.Snapshot,
    "SnapshotList": types.Snapshots,
    "Cube": types.Cube,
    "CubePage": types.CubePage,
    "BaseItem": types.Base,
    "DrainResponse": types.Drained,
}


def types_are_the_servers(memos):
    schemas = memos.send("GET", "/openapi.json")["components"]["schemas"]
    for name, kind in SCHEMAS.items():
        schema = schemas[name]
        assert set(schema["properties"]) == set(typing.get_type_hints(kind)), name
        # A field with a default for old servers is always there.
        always = set(schema.get("required", [])) | ({"relevance"} & set(schema["properties"]))
        assert always == set(kind.__required_keys__), (name, always ^ kind.__required_keys__)


def parameters_are_the_servers(memos):
    schemas = memos.send("GET", "/openapi.json")["components"]["schemas"]
    for schema, method, ours in [
        ("SearchRequest", Memos.search, {"cube_ids": "cube"}),
        ("SearchRequest", Memos.context, {"cube_ids": "cube", "explain": None}),
        ("AddRequest", Memos.add, {"documents": "cube"}),
        ("PatchRequest", Memos.update, {}),
        ("FeedbackRequest", Memos.feedback, {"feedback": "words"}),
        ("RollbackRequest", Memos.rollback, {}),
        ("SnapshotRequest", Memos.snapshot, {}),
        ("CreateCubeRequest", Memos.create_cube, {"id": "cube"}),
    ]:
        fields = {ours.get(field, field) for field in schemas[schema]["properties"]} - {None}
        taken = set(inspect.signature(method).parameters) - {"self"}
        assert fields - taken == set(), (method.__name__, fields - taken)
        assert taken - fields <= {"cube", "memory_id"}, (method.__name__, taken - fields)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


async def main():
    nowhere = f"http://127.0.0.1:{free_port()}"
    page = httpx.MockTransport(lambda request: httpx.Response(200, html="<html>"))
    json = httpx.MockTransport(lambda request: httpx.Response(200, json={"status": "fine"}))
    with Memos(URL, cube="of-sync") as plain, Memos(nowhere) as lost:
        memos = Used(plain)
        await every_method(memos, "of-sync")
        assert memos.names == methods(Memos).keys() - {"close"}, memos.names
        other = Memos("http://page", client=httpx.Client(transport=page))
        plain.add("Hello.")
        await refusals(memos, Used(lost), Used(other))
        other = Memos("http://json", cube="c", client=httpx.Client(transport=json))
        await another_servers_answer_is_none(Used(other))
        every_cube_of_many_pages(plain, 205)
        types_are_the_servers(plain)
        parameters_are_the_servers(plain)
    async with AsyncMemos(URL, cube="of-async") as later, AsyncMemos(nowhere) as lost:
        memos = Used(later)
        await every_method(memos, "of-async")
        assert memos.names == methods(AsyncMemos).keys() - {"aclose"}, memos.names
        other = AsyncMemos("http://json", cube="c", client=httpx.AsyncClient(transport=json))
        await another_servers_answer_is_none(Used(other))
        other = AsyncMemos("http://page", client=httpx.AsyncClient(transport=page))
        await later.add("Hello.")
        await refusals(memos, Used(lost), Used(other))
    both_clients_are_alike()
    settings_reach_the_server()


asyncio.run(main())
print("ok")
