"""A LangChain chain that answers from memory: retriever, prompt, model."""

import os
import uuid

from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough
from memos_client import Memos
from memos_client.langchain import MemosRetriever
from openai import OpenAI

model = OpenAI()


def ask(prompt) -> str:
    roles = {"human": "user", "system": "system", "ai": "assistant"}
    messages = [{"role": roles[m.type], "content": m.content} for m in prompt.to_messages()]
    name = os.environ.get("OPENAI_MODEL", "scripted")
    reply = model.chat.completions.create(model=name, messages=messages)
    return reply.choices[0].message.content or ""


def lines(documents) -> str:
    return "\n".join(f"{d.metadata['said_at'][:10]} {d.page_content}" for d in documents)


if __name__ == "__main__":
    memos = Memos(os.environ.get("MEMOS_URL", "http://127.0.0.1:7777"), cube=f"ada-{uuid.uuid4().hex[:6]}")
    memos.add(["I booked the ferry to Naxos for the ninth of June.", "I am allergic to shellfish."])
    prompt = ChatPromptTemplate.from_messages(
        [("system", "Answer from these memories:\n{memories}"), ("human", "{question}")]
    )
    retriever = MemosRetriever(memos=memos, top_k=3)
    chain = (
        {"memories": retriever | lines, "question": RunnablePassthrough()}
        | prompt
        | RunnableLambda(ask)
    )
    answer = chain.invoke("Where did I book the ferry to?")
    print(answer)
    assert "Naxos" in answer, answer
