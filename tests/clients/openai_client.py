"""OpenAI's own client, through the proxy: chat, streams, tools, responses, embeddings, errors."""

import asyncio
import json
import os
import time
import urllib.error
import urllib.request

from openai import APIStatusError, AsyncOpenAI, AuthenticationError, OpenAI, RateLimitError

SERVER = os.environ["MEMOS_URL"]
BASE = SERVER + "/v1"

client = OpenAI(base_url=BASE, api_key="sk-client", max_retries=0, default_headers={"x-memos-user": "ada"})


def memories(cube, count):
    """The texts of a cube, as soon as there are so many."""
    deadline = time.time() + 30
    while True:
        try:
            with urllib.request.urlopen(f"{SERVER}/api/v1/cubes/{cube}/memories?limit=100") as page:
                texts = [m["text"] for m in json.load(page)["memories"]]
        except urllib.error.HTTPError:
            texts = []
        if len(texts) >= count or time.time() > deadline:
            assert len(texts) == count, (count, texts)
            return texts
        time.sleep(0.02)


def chat():
    first = client.chat.completions.create(
        model="scripted", messages=[{"role": "user", "content": "My sister Mina lives in Lyon."}]
    )
    assert first.choices[0].message.content == "echo: My sister Mina lives in Lyon.", first
    memories("ada", 2)
    raw = client.chat.completions.with_raw_response.create(
        model="scripted",
        messages=[
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Where does my sister Mina live?"},
        ],
    )
    assert raw.headers["x-memos-memory"] == "ok", raw.headers
    assert int(raw.headers["x-memos-recalled"]) >= 1, raw.headers
    told = raw.parse().choices[0].message.content
    assert told == "echo: Where does my sister Mina live? (I was shown: Lyon)", told
    memories("ada", 4)
    # Another user is shown nothing.
    other = client.chat.completions.create(
        model="scripted",
        messages=[{"role": "user", "content": "Where does my sister Mina live?"}],
        extra_headers={"x-memos-user": "bea"},
    )
    assert other.choices[0].message.content == "echo: Where does my sister Mina live?", other


def stream():
    pieces = []
    with client.chat.completions.create(
        model="scripted",
        messages=[{"role": "user", "content": "Tell me of the Naxos ferry."}],
        stream=True,
        extra_headers={"x-memos-user": "stream"},
    ) as events:
        for chunk in events:
            if chunk.choices and chunk.choices[0].delta.content:
                pieces.append(chunk.choices[0].delta.content)
    assert len(pieces) > 2, pieces
    assert "".join(pieces) == "echo: Tell me of the Naxos ferry.", pieces
    assert memories("stream", 2)[1] == "echo: Tell me of the Naxos ferry."


def tools():
    weather = {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Weather of a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
    messages = [{"role": "user", "content": "How is the weather in Lyon?"}]
    as_tools = {"x-memos-user": "tools", "x-memos-memory": "write"}
    said = client.chat.completions.create(
        model="scripted", messages=messages, tools=[weather], extra_headers=as_tools
    ).choices[0]
    assert said.finish_reason == "tool_calls", said
    call = said.message.tool_calls[0]
    assert json.loads(call.function.arguments) == {"city": "Lyon"}, call
    memories("tools", 2)
    messages += [said.message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    last = client.chat.completions.create(
        model="scripted", messages=messages, tools=[weather], extra_headers=as_tools
    )
    assert last.choices[0].message.content == "echo: rain", last
    found = memories("tools", 4)
    assert found == ["How is the weather in Lyon?", 'weather({"city": "Lyon"})', "rain", "echo: rain"], found


def responses():
    first = client.responses.create(
        model="scripted", input="I keep bees.", metadata={"user_id": "bees"}, extra_headers={"x-memos-user": ""}
    )
    assert first.output_text == "echo: I keep bees.", first
    assert memories("bees", 2) == ["I keep bees.", "echo: I keep bees."]
    text = ""
    with client.responses.stream(
        model="scripted", input="What do I keep, bees?", extra_headers={"x-memos-user": "bees"}
    ) as events:
        for event in events:
            if event.type == "response.output_text.delta":
                text += event.delta
        final = events.get_final_response()
    assert text == "echo: What do I keep, bees? (I was shown: bees)", text
    assert final.output_text == text, final
    memories("bees", 4)


def embeddings():
    one = client.embeddings.create(model="text-embedding-3-small", input="We adopted a puppy.")
    many = client.embeddings.create(
        model="memos", input=["We adopted a puppy.", "The invoice is overdue."], encoding_format="float"
    )
    a, b = one.data[0].embedding, many.data[0].embedding
    assert len(a) == len(b) and max(abs(x - y) for x, y in zip(a, b)) < 1e-6
    assert one.usage.prompt_tokens == 5, one.usage
    assert one.model.startswith("memos-static"), one.model
    try:
        client.embeddings.create(model="m", input=[1, 2, 3])
        raise AssertionError("tokens are refused")
    except APIStatusError as error:
        assert error.status_code == 400 and error.param == "input", error


def models():
    ids = [model.id for model in client.models.list()]
    assert ids[0] == "scripted" and ids[-1].startswith("memos-static"), ids
    assert client.models.retrieve(ids[-1]).owned_by == "memos"


def errors():
    for words, kind, status in [("fail 401", AuthenticationError, 401), ("fail 429", RateLimitError, 429)]:
        try:
            client.chat.completions.create(model="scripted", messages=[{"role": "user", "content": words}])
            raise AssertionError(words)
        except kind as error:
            assert error.status_code == status and error.code == "scripted_code", error.body
            if status == 429:
                assert error.response.headers["retry-after"] == "3"
    try:
        client.chat.completions.create(
            model="scripted",
            messages=[{"role": "user", "content": "hi"}],
            extra_headers={"x-memos-memory": "sometimes"},
        )
        raise AssertionError("the header is refused")
    except APIStatusError as error:
        assert error.status_code == 400 and error.param == "x-memos-memory", error.body


async def at_once():
    """Many at once, over the client for asyncio."""
    many = AsyncOpenAI(base_url=BASE, api_key="sk-client", max_retries=0)

    async def one(number):
        events = await many.chat.completions.create(
            model="scripted",
            messages=[{"role": "user", "content": f"I am number {number}."}],
            stream=True,
            user=f"user-{number}",
        )
        text = ""
        async for chunk in events:
            if chunk.choices:
                text += chunk.choices[0].delta.content or ""
        assert text == f"echo: I am number {number}.", text

    await asyncio.gather(*(one(number) for number in range(20)))
    told = await many.responses.create(model="scripted", input="Hello there.", user="user-0")
    assert told.output_text.startswith("echo: Hello there."), told
    vectors = await many.embeddings.create(model="m", input=["one", "two"])
    assert len(vectors.data) == 2
    await many.close()
    for number in range(1, 20):
        assert memories(f"user-{number}", 2)[0] == f"I am number {number}."


chat()
stream()
tools()
responses()
embeddings()
models()
errors()
asyncio.run(at_once())
print("ok")
