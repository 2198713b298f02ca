"""MemOSClient of the PyPI package MemoryOS, every public method, against a server.

The package's own __init__ loads the whole of MemOS with its models, which its client needs nothing of:
the package is entered beside it, and one class that is named in a type and never used is stood in for.
"""

import importlib.util
import os
import sys
import tempfile
import types

url = os.environ["MEMOS_URL"]
os.environ["MEMOS_BASE_PATH"] = tempfile.mkdtemp()

spec = importlib.util.find_spec("memos")
package = types.ModuleType("memos")
package.__path__ = list(spec.submodule_search_locations)
sys.modules["memos"] = package
transformers = types.ModuleType("transformers")
transformers.DynamicCache = type("DynamicCache", (), {})
sys.modules["transformers"] = transformers

import requests  # noqa: E402

from memos.api.client import MemOSClient  # noqa: E402

client = MemOSClient(api_key="any-key", base_url=url)


def texts(response):
    return [item.memory_value for item in response.memories]


# Add, as it is sent by default and as it is sent again.
turns = [
    {"role": "user", "content": "I moved to Lyon in May and I love window seats."},
    {"role": "assistant", "content": "Lyon is lovely in spring."},
]
added = client.add_message(messages=turns, user_id="ada", conversation_id="move", tags=["home"])
assert added.code == 0 and added.message == "ok" and added.success
assert added.status in ("running", "completed")
again = client.add_message(messages=turns, user_id="ada", conversation_id="move", tags=["home"])
assert again.task_id == added.task_id
sync = client.add_message(
    messages=[{"role": "user", "content": "I work as a nurse."}],
    user_id="ada",
    conversation_id="work",
    async_mode=False,
    info={"team": "night"},
    agent_id="helper",
)
assert sync.status == "completed", sync
status = client.get_task_status(sync.task_id)
assert status.data.status == "completed" and status.data.memory_views["added"] >= 1
assert status.messages[0].task_id == sync.task_id

# Search and find.
found = client.search_memory(query="Where did I move to?", user_id="ada")
assert "Lyon" in texts(found)[0], texts(found)
assert isinstance(found.data.preference_note, str)
filtered = client.search_memory(
    query="What do I do?",
    user_id="ada",
    relativity=0,
    filter={"and": [{"team": "night"}, {"agent_id": "helper"}]},
    include_tool_memory=True,
    include_skill=True,
)
assert texts(filtered) == ["I work as a nurse."], texts(filtered)
assert filtered.data.tool_memory_detail_list == [] and filtered.data.skill_detail_list == []
assert texts(client.search_memory(query="Where did I move to?", user_id="nobody")) == []

# List and read.
page = client.get_memory(user_id="ada", size=2)
assert page.data.total >= 3 and page.data.size == 2 and page.data.current == 1
# Of each kind, at most so many.
assert len(texts(page)) <= 2 and len(page.preferences or []) <= 2
messages = client.get_message(user_id="ada", conversation_id="move")
assert [m.role for m in messages.messages] == ["user", "assistant"]
memory = found.memories[0].id
one = client.get_memory_by_id(memory)
assert one["code"] == 0 and "Lyon" in one["data"]["memory_value"]

# Change.
assert client.update_memory(memory, content="I moved to Turin in May.")["data"]["success"]
moved = client.search_memory(query="Where did I move to?", user_id="ada")
assert "Turin" in texts(moved)[0], texts(moved)
told = client.add_feedback(
    user_id="ada", conversation_id="move", feedback_content="That's wrong, I moved to Rome."
)
assert told.success and told.status in ("running", "completed")

# Knowledge bases.
base = client.create_knowledgebase("Handbook", "What everybody asks").knowledgebase_id
listed = client.add_knowledgebase_file_json(
    base, [{"name": "pier.md", "content": "# Pier\n\nThe ferry to Naxos leaves from pier four."}]
)
assert listed.memories[0]["status"] == "completed"
path = os.path.join(tempfile.mkdtemp(), "bus.txt")
with open(path, "w", encoding="utf-8") as file:
    file.write("The airport bus stops at the museum.")
form = client.add_knowledgebase_file_form(base, [path])
assert form.memories[0]["name"] == "bus.txt"
files = client.get_knowledgebase_file(knowledgebase_id=base)
assert files.data.total == 2 and len(files.files) == 2
pier = client.search_memory(
    query="Where does the ferry to Naxos leave?", user_id="bob", knowledgebase_ids=[base]
)
assert "pier four" in texts(pier)[0]
assert client.delete_knowledgebase_file([form.memories[0]["id"]]).success
assert client.get_knowledgebase_file(knowledgebase_id=base).data.total == 1
assert client.get_knowledgebase_file(file_ids=[listed.memories[0]["id"]]).files[0].name == "pier.md"
assert client.delete_knowledgebase(base).success

# Profiles: templates are not among the client's methods.
template = requests.post(
    f"{url}/add/profile_template",
    json={
        "name": "Guest",
        "metadata": {"Basic Info": {"Location": {"value": "", "algorithm_updatable": True}}},
    },
    timeout=30,
).json()["data"]["profile_template_id"]
assert client.bind_profile_template([{"user_id": "ada", "profile_template_id": template}])
location = {"Basic Info": {"Location": {"value": "Rome", "algorithm_updatable": False}}}
assert client.edit_profile(template, user_id="ada", metadata=location)["data"]["success"]
profile = client.search_memory(
    query="Which location?", user_id="ada", include_memory_view=["profile"], relativity=0
)
assert "Basic Info.Location: Rome" in [p.memory for p in profile.data.profile_detail_list]
assert client.delete_profile(template, user_id="ada")["code"] == 0

# What needs no memory.
extracted = client.extract_memory([{"role": "user", "content": "I love window seats."}])
assert "window seats" in extracted["data"]["preference_detail_list"][0]["preference"]
ranked = client.rerank("Where is the ferry?", ["Soup is hot.", "The ferry is at the pier."], top_n=1)
assert ranked["results"][0]["index"] == 1

# Chat, plain and as a stream, by the scripted model.
answer = client.chat(user_id="ada", conversation_id="chat", query="Where do I live?")
assert answer.response == "You live in Rome."
pieces = list(client.chat(user_id="ada", conversation_id="chat", query="And now?", stream=True))
assert '"type":"end"' in pieces[-1].replace(" ", ""), pieces

# Delete, and no longer find. An error is an exception, after three tries.
assert client.delete_memory(memory_ids=[memory]).success
assert "Turin" not in " ".join(texts(client.search_memory(query="Where did I move to?", user_id="ada")))
try:
    client.get_memory_by_id(memory)
    raise AssertionError("a forgotten memory was read")
except requests.HTTPError as error:
    assert error.response.status_code == 404 and error.response.json()["code"] == 40307
assert client.delete_memory(user_id="ada").success
assert client.get_memory(user_id="ada").data.total == 0
print("all of MemOSClient")
