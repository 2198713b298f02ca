"""A LangGraph agent with a long-term memory: its store is a MemOS server.

What a user says in one thread is known in the next: `remember` puts it into the store, `respond`
searches the store before it asks the model.
"""

import os
import uuid
from typing import TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.store.base import BaseStore
from memos_client.langgraph import MemosStore
from openai import OpenAI

model = OpenAI()


class State(TypedDict, total=False):
    user: str
    said: str
    answer: str


def respond(state: State, *, store: BaseStore) -> State:
    found = store.search(("memories", state["user"]), query=state["said"], limit=5)
    known = "\n".join(item.value["text"] for item in found)
    reply = model.chat.completions.create(
        model=os.environ.get("OPENAI_MODEL", "scripted"),
        messages=[
            {"role": "system", "content": f"What you know of the user:\n{known}"},
            {"role": "user", "content": state["said"]},
        ],
    )
    return {"answer": reply.choices[0].message.content or ""}


def remember(state: State, *, store: BaseStore) -> State:
    store.put(("memories", state["user"]), str(uuid.uuid4()), {"text": state["said"]})
    return {}


def build(store: BaseStore):
    graph = StateGraph(State)
    graph.add_node("respond", respond)
    graph.add_node("remember", remember)
    graph.add_edge(START, "respond")
    graph.add_edge("respond", "remember")
    graph.add_edge("remember", END)
    return graph.compile(store=store)


if __name__ == "__main__":
    store = MemosStore(os.environ.get("MEMOS_URL", "http://127.0.0.1:7777"))
    agent = build(store)
    user = f"ada-{uuid.uuid4().hex[:6]}"
    agent.invoke({"user": user, "said": "My sister Mina lives in Lyon with two cats."})
    answer = agent.invoke({"user": user, "said": "Where does my sister Mina live?"})["answer"]
    print(answer)
    assert "Lyon" in answer, answer
