"""LangChain's retriever and LangGraph's store of clients/python against a real server."""

import asyncio
import os
from datetime import datetime, timedelta, timezone

from langchain_core.documents import Document
from langgraph.store.base import GetOp, ListNamespacesOp, MatchCondition, PutOp, SearchOp
from memos_client import AsyncMemos, Memos, MemosError, MemosUnreachable
from memos_client.langchain import MemosRetriever
from memos_client.langgraph import MemosStore, _time

URL = os.environ["MEMOS_URL"]
NOWHERE = "http://127.0.0.1:9"


def turn(name, content):
    return {"role": "user", "name": name, "content": content, "chat_time": "2025-03-03T09:00:00Z"}


async def retriever():
    async with AsyncMemos(URL, cube="docs") as later:
        with Memos(URL, cube="docs") as memos:
            memos.add(
                [
                    turn("Noor", "I booked the ferry to Naxos."),
                    turn("Tom", "I am allergic to shellfish."),
                    turn("Tom", "The ferry office has a blue door."),
                ]
            )
            question = "Who booked the ferry to Naxos?"
            both = MemosRetriever(memos=memos, amemos=later, top_k=2)
            alone = MemosRetriever(memos=memos, cube="docs", top_k=2)
            answers = [
                both.invoke(question),
                await both.ainvoke(question),
                await alone.ainvoke(question),
            ]
            for documents in answers:
                assert len(documents) == 2 and isinstance(documents[0], Document)
                assert [d.id for d in documents] == [d.id for d in answers[0]]
            (first, second) = answers[0]
            assert first.page_content == "I booked the ferry to Naxos."
            assert first.id == first.metadata["id"] and first.metadata["speaker"] == "Noor"
            assert first.metadata["said_at"].startswith("2025-03-03T09:00:00")
            assert "text" not in first.metadata
            assert first.metadata["score"] > second.metadata["score"]
            assert 0 < first.metadata["relevance"] <= 1
            # A filter holds, and archived memories come if they are asked for.
            toms = MemosRetriever(memos=memos, top_k=9, filter={"speaker": "Tom"})
            assert {d.metadata["speaker"] for d in toms.invoke(question)} == {"Tom"}
            path = f"/api/v1/cubes/docs/memories/{first.id}/state"
            memos.send("POST", path, {"move": "archive"})
            assert first.id not in [d.id for d in both.invoke(question)]
            wide = MemosRetriever(memos=memos, include=["archived", "derived"])
            assert first.id in [d.id for d in wide.invoke(question)]
            missing = MemosRetriever(memos=memos, amemos=later, cube="no-such-cube")
            for failing in (missing.ainvoke("x"), asyncio.to_thread(missing.invoke, "x")):
                try:
                    await failing
                except MemosError as error:
                    assert error.code == "cube_not_found"
                else:
                    raise AssertionError("no such cube")


async def both_ways(store, root):
    """The methods of a store, then the same ones to be awaited."""

    def plain(name):
        async def call(*args, **kwargs):
            return getattr(store, name)(*args, **kwargs)

        return call

    for way in ("plain", "later"):
        put, get, search, delete, list_namespaces, batch = (
            plain(name) if way == "plain" else getattr(store, f"a{name}")
            for name in ("put", "get", "search", "delete", "list_namespaces", "batch")
        )
        ada, bob = (root, way, "ada"), (root, way, "bob")
        before = datetime.now(timezone.utc) - timedelta(seconds=1)
        await put(ada, "food", {"text": "Ada likes dim sum", "year": 2024, "deep": {"a": [1, None]}})
        await put(ada, "home", {"text": "Ada lives in Lyon", "year": 2025})
        await put(bob, "home", {"text": "Bob lives in Porto", "year": 2025}, ttl=60)
        await put(bob, "secret", {"text": "Bob hides a violin"}, index=False)

        item = await get(ada, "food")
        assert item.value == {"text": "Ada likes dim sum", "year": 2024, "deep": {"a": [1, None]}}
        assert (item.namespace, item.key) == (ada, "food")
        assert before < item.created_at <= item.updated_at < before + timedelta(minutes=5)
        await put(ada, "food", {"text": "Ada likes mango", "year": 2026}, index=["text"])
        new = await get(ada, "food", refresh_ttl=False)
        assert new.value["text"] == "Ada likes mango"
        assert new.created_at == item.created_at and new.updated_at > item.updated_at

        # What can't be there is not there; a dot in a label is no border between two.
        assert await get(ada, "none") is None and await get((root,), "food") is None
        dotted, empty = (root, f"{way}.ada"), (root, way, "")
        for op in GetOp(dotted, "food"), GetOp(empty, "food"), GetOp((), "food"), GetOp(ada, ""):
            assert await batch([op]) == [None], op

        found = await search((root, way), query="What does Ada like to eat, mango?", limit=2)
        assert len(found) == 2 and found[0].key == "food" and found[0].namespace == ada
        assert 0 <= found[1].score <= found[0].score <= 1
        newest = await search((root, way))
        assert [i.key for i in newest][0] == "food" and len(newest) == 4
        assert newest[0].score is None
        assert [i.key for i in await search((root, way), limit=1, offset=3)] == [newest[3].key]
        filtered = await search((root, way), filter={"year": {"$gte": 2025}, "text": {"$ne": "x"}})
        assert {(i.namespace[-1], i.key) for i in filtered} == {
            ("ada", "food"),
            ("ada", "home"),
            ("bob", "home"),
        }
        assert [i.namespace for i in await search(bob, query="Where?", filter={"year": 2025})] == [bob]
        hidden = await search(bob, query="violin")
        assert "secret" not in [i.key for i in hidden if i.score is not None and i.score > 0]

        spaces = await list_namespaces(prefix=(root, way))
        assert spaces == [ada, bob]
        assert await list_namespaces(prefix=(root, "*"), suffix=("bob",))
        assert await list_namespaces(prefix=(root, way), max_depth=2) == [(root, way)]
        assert await list_namespaces(prefix=(root, way), limit=1, offset=1) == [bob]

        await delete(ada, "food")
        await delete(ada, "food")
        assert await get(ada, "food") is None
        assert "food" not in [i.key for i in await search(ada, query="mango")]

        results = await batch(
            [
                PutOp(ada, "a", {"text": "one"}),
                GetOp(ada, "a"),
                PutOp(ada, "a", None),
                GetOp(ada, "a"),
                SearchOp(ada, limit=1),
                ListNamespacesOp(match_conditions=(MatchCondition("prefix", (root, way)),)),
            ]
        )
        assert results[0] is None and results[1].value == {"text": "one"}
        assert results[2] is None and results[3] is None
        assert [i.key for i in results[4]] == ["home"] and results[5] == [ada, bob]

        # What is wrong is an error, and nothing is stored.
        twice = MatchCondition("prefix", (root,)), MatchCondition("prefix", (root,))
        for op, kind in [
            (PutOp(("a.b",), "k", {"x": 1}), MemosError),
            (SearchOp(ada, filter={"year": {"$in": [1]}}), MemosError),
            (ListNamespacesOp(match_conditions=twice), ValueError),
        ]:
            try:
                await batch([op])
            except kind as error:
                assert str(error)
            else:
                raise AssertionError(op)
    try:
        store.put((root, "x.y"), "k", {"x": 1})
    except ValueError:
        pass
    else:
        raise AssertionError("a label has no dot")
    left = await store.asearch((root, "plain", "bob"), filter={"year": 2025})
    assert left[0].key == "home"


async def unreachable():
    with MemosStore(NOWHERE, timeout=2) as store:
        for failing in (store.aget(("a",), "k"), asyncio.to_thread(store.get, ("a",), "k")):
            try:
                await failing
            except MemosUnreachable as error:
                assert error.remedy
            else:
                raise AssertionError("nobody listens there")


def times():
    for text, micros in [("", 0), (".5", 500_000), (".0625", 62_500), (".123456789", 123_456)]:
        expected = datetime(2025, 3, 3, 9, 0, 0, micros, tzinfo=timezone.utc)
        assert _time(f"2025-03-03T09:00:00{text}Z") == expected


asyncio.run(retriever())
with MemosStore(URL) as memory:
    asyncio.run(both_ways(memory, "work"))
    # A store outlives an event loop.
    assert asyncio.run(memory.aget(("work", "later", "ada"), "home")).key == "home"
asyncio.run(unreachable())
times()
print("ok")
