"""LlamaIndex over memory: a retriever whose nodes are memories, and a response from a model."""

import os
import uuid
from typing import List

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from memos_client import Memos


class MemosRetriever(BaseRetriever):
    """Memories as nodes, with speaker, times and tags as metadata."""

    def __init__(self, memos: Memos, top_k: int = 10) -> None:
        self._memos = memos
        self._top_k = top_k
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> List[NodeWithScore]:
        hits = self._memos.search(query_bundle.query_str, top_k=self._top_k)["hits"]
        return [
            NodeWithScore(
                node=TextNode(
                    id_=hit["memory"]["id"],
                    text=hit["memory"]["text"],
                    metadata={"said_at": hit["memory"]["said_at"]},
                ),
                score=hit["score"],
            )
            for hit in hits
        ]


if __name__ == "__main__":
    from openai import OpenAI

    memos = Memos(os.environ.get("MEMOS_URL", "http://127.0.0.1:7777"), cube=f"ada-{uuid.uuid4().hex[:6]}")
    memos.add(["I booked the ferry to Naxos for the ninth of June.", "I am allergic to shellfish."])
    question = "Where did I book the ferry to?"
    nodes = MemosRetriever(memos, top_k=3).retrieve(question)
    memories = "\n".join(node.get_content() for node in nodes)
    reply = OpenAI().chat.completions.create(
        model=os.environ.get("OPENAI_MODEL", "scripted"),
        messages=[
            {"role": "system", "content": f"Answer from these memories:\n{memories}"},
            {"role": "user", "content": question},
        ],
    )
    answer = reply.choices[0].message.content or ""
    print(answer)
    assert "Naxos" in answer, answer
