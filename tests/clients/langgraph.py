"""The store client of langgraph-sdk, sync and async, against a running server."""

import asyncio
import inspect
import os
import time
from datetime import datetime

from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.errors import NotFoundError, UnprocessableEntityError

URL = os.environ["MEMOS_URL"]


class Awaited:
    """A sync client with the methods of an async one: one script for both."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        method = getattr(self._store, name)

        async def call(*args, **kwargs):
            answer = method(*args, **kwargs)
            return await answer if inspect.isawaitable(answer) else answer

        return call


def keys(found):
    return [item["key"] for item in found["items"]]


async def refused(error, call):
    try:
        await call
    except error as raised:
        return raised
    raise AssertionError(f"{error.__name__} was not raised")


async def check(store, user):
    space = ["memories", user]
    value = {"text": "Ada likes dim sum", "n": 3, "rate": 0.1, "big": 2**53, "in": {"list": [1, None]}}
    assert await store.put_item(space, key="food", value=value) is None
    await store.put_item(space, "drink", {"text": "Ada drinks oolong tea", "n": 5})
    await store.put_item(space + ["work"], "desk", {"text": "The desk is by the window", "n": 7})

    item = await store.get_item(space, key="food")
    assert set(item) == {"namespace", "key", "value", "created_at", "updated_at"}, item
    assert item["namespace"] == space and item["key"] == "food" and item["value"] == value, item
    assert datetime.fromisoformat(item["created_at"].replace("Z", "+00:00"))
    assert await store.get_item(space, key="none") is None

    # A second put replaces the value.
    value["n"] = 4
    await store.put_item(space, "food", value)
    again = await store.get_item(space, "food", refresh_ttl=False)
    assert again["value"]["n"] == 4 and again["created_at"] == item["created_at"]
    assert again["updated_at"] > item["updated_at"]

    found = await store.search_items(space, query="Which tea does she drink?")
    assert keys(found)[0] == "drink" and 0 <= found["items"][0]["score"] <= 1, found
    assert keys(await store.search_items(space)) == ["food", "desk", "drink"]
    assert keys(await store.search_items(space, limit=1, offset=1)) == ["desk"]
    assert keys(await store.search_items(space, filter={"n": 5})) == ["drink"]
    assert keys(await store.search_items(space, filter={"n": {"$gte": 5, "$ne": 5}})) == ["desk"]
    assert keys(await store.search_items(space, filter={"in": {"list": [1, None]}})) == ["food"]
    assert keys(await store.search_items(space, query="desk", filter={"n": {"$lt": 5}})) == ["food"]
    assert await store.search_items(["memories", "nobody"]) == {"items": []}

    await store.put_item(space, "quiet", {"text": "oolong oolong oolong"}, index=False)
    await store.put_item(space, "titled", {"title": "A ferry", "rest": "oolong"}, index=["title"])
    assert "quiet" not in keys(await store.search_items(space, query="oolong"))
    assert keys(await store.search_items(space, query="ferry"))[0] == "titled"
    assert (await store.get_item(space, "quiet"))["value"] == {"text": "oolong oolong oolong"}

    listed = await store.list_namespaces(prefix=["memories", user])
    assert listed == {"namespaces": [space, space + ["work"]]}, listed
    listed = await store.list_namespaces(suffix=["work"], prefix=["memories", user])
    assert listed == {"namespaces": [space + ["work"]]}, listed
    listed = await store.list_namespaces(prefix=["memories", user], max_depth=2)
    assert listed == {"namespaces": [space]}, listed
    listed = await store.list_namespaces(prefix=["memories", user], limit=1, offset=1)
    assert listed == {"namespaces": [space + ["work"]]}, listed

    # The server refuses what the client lets through.
    raised = await refused(UnprocessableEntityError, store.search_items(["a.b"]))
    assert "without periods" in str(raised), raised
    await refused(UnprocessableEntityError, store.put_item([], "k", {}))
    await refused(UnprocessableEntityError, store.put_item(["a"], "k", {}, ttl=-1))
    await refused(UnprocessableEntityError, store.search_items(space, filter={"n": {"$in": [1]}}))
    for bad in (store.put_item(["a.b"], "k", {}), store.get_item(["a.b"], "k")):
        await refused(ValueError, bad)

    await store.put_item(space, "short", {"text": "soon gone"}, ttl=0.02)
    # Read past its time, and far more often than that: no stall of a busy machine ends it.
    await store.put_item(space, "read", {"text": "kept alive"}, ttl=0.2)
    assert await store.get_item(space, "short", refresh_ttl=False)
    end = time.monotonic() + 13
    while time.monotonic() < end:
        assert await store.get_item(space, "read", refresh_ttl=True)
        await asyncio.sleep(0.4)
    assert await store.get_item(space, "short") is None
    assert "short" not in keys(await store.search_items(space, refresh_ttl=False))

    for _ in range(2):
        assert await store.delete_item(space, key="food") is None
    assert await store.get_item(space, "food") is None
    assert "food" not in keys(await store.search_items(space, query="dim sum"))


async def at_once(store):
    """Many writers of few keys: each key is one item, with a value that somebody wrote."""
    space = ["race", "all"]
    puts = [store.put_item(space, f"k{n % 4}", {"n": n}) for n in range(40)]
    await asyncio.gather(*puts)
    found = await store.search_items(space, limit=100)
    assert sorted(keys(found)) == ["k0", "k1", "k2", "k3"], found
    assert all(item["value"]["n"] % 4 == int(item["key"][1]) for item in found["items"])


async def main():
    asynchronous = get_client(url=URL, api_key="any")
    await check(asynchronous.store, "async")
    await at_once(asynchronous.store)
    synchronous = get_sync_client(url=URL, api_key="any")
    await check(Awaited(synchronous.store), "sync")
    raised = await refused(NotFoundError, asynchronous.http.get("/store/nothing"))
    assert "Not Found" in str(raised)


asyncio.run(main())
print("done")
