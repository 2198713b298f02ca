"""mem0's MemoryClient and AsyncMemoryClient, unmodified, against a MemOS server.

Every public method is called. Those that this server refuses have to refuse clearly.
"""

import asyncio
import inspect
import os
import sys
import time

os.environ["MEM0_TELEMETRY"] = "False"

from mem0 import AsyncMemoryClient, MemoryClient
from mem0.client.types import (
    AddMemoryOptions,
    DeleteAllMemoryOptions,
    GetAllMemoryOptions,
    SearchMemoryOptions,
    UpdateMemoryOptions,
)
from mem0.exceptions import AuthenticationError, MemoryNotFoundError, ValidationError

HOST = os.environ["MEMOS_URL"]

SCHEMA = {
    "type": "object",
    "properties": {
        "favourite_bread": {"type": "string", "description": "the bread they love"},
    },
}


class Recorder:
    """Calls methods of a client, awaits them if need be, and notes which were called."""

    def __init__(self, client, called, prefix=""):
        self._client, self._called, self._prefix = client, called, prefix

    def __getattr__(self, name):
        method = getattr(self._client, name)

        async def call(*args, **kwargs):
            self._called.add(self._prefix + name)
            result = method(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        return call


async def refused(error, call, *args, **kwargs):
    try:
        answer = await call(*args, **kwargs)
    except error as e:
        assert str(e), "the refusal says nothing"
        return str(e)
    raise AssertionError(f"not refused: {answer}")


async def until(call, fits):
    for _ in range(300):
        answer = await call()
        if fits(answer):
            return answer
        time.sleep(0.1)
    raise AssertionError(f"never came: {answer}")


async def memories(m, ada, ben):
    added = await m.add(
        [
            {"role": "user", "content": "I love rye bread from the bakery."},
            {"role": "assistant", "content": "Noted: rye bread."},
        ],
        user_id=ada,
        run_id="morning",
        metadata={"topic": "food"},
    )
    assert added["status"] == "PENDING" and added["event_id"], added
    await m.add("My bicycle has a flat tyre.", options=AddMemoryOptions(filters={"user_id": ada}, metadata={"topic": "bikes"}))
    await m.add({"role": "user", "content": "I prefer wheat bread."}, user_id=ben, expiration_date="2999-12-31")

    found = await m.search("Which bread do I love?", filters={"user_id": ada}, top_k=3)
    best = found["results"][0]
    assert "rye" in best["memory"] and 0.1 <= best["score"] <= 1, found
    assert set(best["score_breakdown"]) == {"semantic", "bm25", "entity"}
    assert best["user_id"] == ada and best["metadata"] == {"topic": "food"}
    found = await m.search("bread", options=SearchMemoryOptions(
        filters={"AND": [{"user_id": ada}, {"metadata": {"topic": {"ne": "food"}}}]},
        threshold=0.0, rerank=True, keyword_search=True, latest_only=True, show_expired=True,
        reference_date="2025-01-01", fields=["memory", "score"],
    ))
    assert [hit["memory"] for hit in found["results"]] == ["My bicycle has a flat tyre."], found
    assert set(found["results"][0]) == {"id", "memory", "score"}

    page = await m.get_all(filters={"user_id": ada}, page=1, page_size=2)
    assert page["count"] == 3 and len(page["results"]) == 2, page
    assert page["next"] == f"{HOST}/v3/memories/?page=2&page_size=2", page
    rest = await m.get_all(options=GetAllMemoryOptions(
        filters={"OR": [{"user_id": ada}, {"user_id": ben}]}, page=2, page_size=3,
        start_date="2000-01-01", end_date="2999-01-01"))
    assert rest["count"] == 4 and len(rest["results"]) == 1, rest

    rye = best["id"]
    item = await m.get(rye)
    assert item["memory"] == best["memory"] and item["hash"], item
    changed = await m.update(rye, text="I love oat bread.", metadata={"stars": 5})
    assert changed["memory"] == "I love oat bread.", changed
    assert changed["metadata"] == {"topic": "food", "stars": 5}, changed
    await m.update(rye, options=UpdateMemoryOptions(expiration_date="2999-01-31", timestamp=1735732800))
    item = await m.get(rye)
    assert item["expiration_date"] == "2999-01-31" and item["created_at"].startswith("2025-01-01"), item
    await m.update(rye, expiration_date=None)
    assert (await m.get(rye))["expiration_date"] is None
    rows = await m.history(rye)
    assert [row["event"] for row in rows[:2]] == ["ADD", "UPDATE"], rows
    assert (rows[1]["old_memory"], rows[1]["new_memory"]) == (best["memory"], "I love oat bread."), rows

    said = await m.feedback(rye, feedback="positive", feedback_reason="it was right")
    assert said["feedback"] == "POSITIVE", said
    # Whose it is stays: mem0 takes such fields out of the metadata.
    kept = await m.update(rye, metadata={"user_id": "other"})
    assert kept["user_id"] == ada and kept["metadata"] == {"stars": 5, "topic": "food"}, kept
    await refused(ValidationError, m.add, "whose is it?")
    await refused(ValidationError, m.get_all)
    await refused(ValidationError, m.search, "bread", filters={"user_id": {"like": "x"}})
    await refused(MemoryNotFoundError, m.get, "0199e0a4-3c1f-7a52-9d0e-5f3a2b1c4d5e")

    others = [hit["id"] for hit in page["results"] if hit["id"] != rye]
    done = await m.batch_update([{"memory_id": others[0], "text": "My bicycle is fixed."}])
    assert "1" in done["message"], done
    assert (await m.get(others[0]))["memory"] == "My bicycle is fixed."
    await m.batch_delete([{"memory_id": others[0]}])
    await refused(MemoryNotFoundError, m.get, others[0])

    await m.delete(rye)
    await refused(MemoryNotFoundError, m.delete, rye, delete_linked=True)
    found = await m.search("Which bread do I love?", filters={"user_id": ada}, threshold=0.0)
    assert all(hit["id"] != rye for hit in found["results"]), found


async def forms(m, ada):
    await m.add("The bread that I love most is rye.", user_id=ada)
    asked = await m.create_memory_export(SCHEMA, filters={"user_id": ada})
    assert asked["id"] and asked["message"], asked
    for exported in (
        await m.get_memory_export(memory_export_id=asked["id"]),
        await m.get_memory_export(filters={"user_id": ada}),
        await m.get_memory_export(filters={"AND": [{"user_id": ada}]}),
    ):
        assert "rye" in exported["favourite_bread"], exported
    summary = await m.get_summary(filters={"user_id": ada})
    assert summary["status"] in ("PENDING", "SUCCEEDED"), summary

    settings = await m.update_profile_settings(enabled=True, schema=SCHEMA, custom_instructions="Be short.")
    assert settings == await m.get_profile_settings()
    assert settings["entities"]["user"]["schema"] == SCHEMA, settings
    profile = await m.get_profile(ada)
    assert profile["status"] == "succeeded" and "rye" in profile["profile"]["favourite_bread"], profile
    job = await m.generate_profile(ada, idempotency_key=f"once-{ada}")
    again = await m.generate_profile(ada, idempotency_key=f"once-{ada}")
    assert again["job_id"] == job["job_id"] and again["replayed"] and not job["replayed"], again
    done = await until(lambda: m.get_profile_job(job["status_url"]), lambda j: j["job"]["status"] == "succeeded")
    assert done["job"]["total"] == 1, done
    sampled = await m.sample_profiles(limit=1)
    assert (await m.get_profile_job(sampled["job_id"]))["job"]["total"] == 1
    await m.update_profile_settings(schema=None, custom_instructions=None)
    await refused(MemoryNotFoundError, m.get_profile, "nobody-here")


async def project(m, client, called):
    p = Recorder(client.project, called, "project.")
    await m.update_project(custom_instructions="Bread only.")
    assert (await m.get_project(fields=["custom_instructions"])) == {"custom_instructions": "Bread only."}
    await p.update(custom_categories=[{"food": "what one eats"}], multilingual=True, decay=False)
    now = await p.get()
    assert now["custom_categories"] == [{"food": "what one eats"}] and now["multilingual"] is True, now
    assert (await p.get_members())["members"][0]["role"] == "OWNER"
    for call, args in [
        (p.create, ("another",)),
        (p.delete, ()),
        (p.add_member, ("ada@example.com",)),
        (p.update_member, ("ada@example.com", "OWNER")),
        (p.remove_member, ("ada@example.com",)),
    ]:
        await refused(AuthenticationError, call, *args)

    hook = await m.create_webhook("http://127.0.0.1:9/hook", "log", client.project_id or "memos", ["memory_add"])
    listed = await m.get_webhooks(client.project_id or "memos")
    assert hook in listed, listed
    changed = await m.update_webhook(hook["webhook_id"], name="other", event_types=["memory_delete"])
    assert changed["name"] == "other", changed
    assert (await m.delete_webhook(hook["webhook_id"]))["message"]
    try:
        await m.chat()
        raise AssertionError("mem0 has a chat now: it wants a test")
    except NotImplementedError:
        pass


async def entities(m, ada, ben):
    names = {(one["type"], one["name"]) for one in (await m.users())["results"]}
    assert {("user", ada), ("user", ben), ("run", "morning")} <= names, names
    await m.delete_all(options=DeleteAllMemoryOptions(filters={"user_id": ben}))
    assert (await m.get_all(filters={"user_id": ben}))["count"] == 0
    await refused(ValidationError, m.delete_all)
    await m.add("Kept for a moment.", agent_id="bot")
    assert (await m.delete_users(agent_id="bot"))["message"]
    assert (await m.delete_users(agent_id="bot"))["message"], "it is done already"
    await m.delete_all(user_id=ada, run_id="morning")
    assert (await m.get_all(filters={"user_id": ada, "run_id": "morning"}))["count"] == 0
    # One memory of three: with the first that is deleted the others are gone as well.
    await m.add("I was here.", user_id=ada, agent_id="bot", run_id="evening")
    assert {one["type"] for one in (await m.users())["results"]} >= {"user", "agent", "run"}
    await m.delete_users()
    assert (await m.users())["results"] == []
    await m.add("I am back.", user_id=ada, agent_id="bot", run_id="evening")
    await m.reset()
    assert (await m.users())["results"] == []


def public(kind):
    return {name for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")}


async def everything(client, ada, ben):
    called = set()
    m = Recorder(client, called)
    await memories(m, ada, ben)
    await forms(m, ada)
    await project(m, client, called)
    await entities(m, ada, ben)
    wanted = public(type(client)) | {f"project.{name}" for name in public(type(client.project))}
    # What closes a client, and fields of the project that only look like methods.
    missing = wanted - called - {"project.config"}
    assert not missing, f"never called: {sorted(missing)}"


async def main():
    sync = MemoryClient(api_key="m0-any", host=HOST)
    assert (sync.org_id, sync.project_id) == ("memos", "memos")
    await everything(sync, "ada", "ben")
    async with AsyncMemoryClient(api_key="m0-any", host=HOST) as client:
        await everything(client, "cleo", "Dora Diaz/2")
    print("ok")


sys.exit(asyncio.run(main()))
