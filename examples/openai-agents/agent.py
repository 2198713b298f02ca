"""An agent of the OpenAI Agents SDK that remembers by one base URL: MemOS's proxy.

The server must know where the model is: MEMOS_PROXY_BASE_URL=http://127.0.0.1:8765/v1 memos serve.
Nothing else changes: what the user says in one run is known in the next, without a session object.
"""

import os
import uuid

from agents import Agent, OpenAIChatCompletionsModel, Runner, set_tracing_disabled
from openai import AsyncOpenAI

memos = os.environ.get("MEMOS_URL", "http://127.0.0.1:7777")


def agent(user: str) -> Agent:
    client = AsyncOpenAI(
        base_url=f"{memos}/v1",
        api_key=os.environ.get("OPENAI_API_KEY", "none"),
        default_headers={"x-memos-user": user},
    )
    name = os.environ.get("OPENAI_MODEL", "scripted")
    model = OpenAIChatCompletionsModel(model=name, openai_client=client)
    return Agent(name="Assistant", instructions="Answer briefly.", model=model)


if __name__ == "__main__":
    set_tracing_disabled(True)
    user = f"ada-{uuid.uuid4().hex[:6]}"
    Runner.run_sync(agent(user), "My sister Mina lives in Lyon with two cats.")
    answer = Runner.run_sync(agent(user), "Where does my sister Mina live?").final_output
    print(answer)
    assert "Lyon" in answer, answer
