"""A retriever for LangChain."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence, Union

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from .aio import AsyncMemos
from .client import Memos
from .types import Found


class MemosRetriever(BaseRetriever):
    """Memories as documents: the text, with speaker, times, score and the rest as metadata.

    `memos` serves `invoke`, `amemos` serves `ainvoke`; with the first alone, `ainvoke` waits for it
    on a thread."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memos: Memos
    amemos: Optional[AsyncMemos] = None
    cube: Union[str, Sequence[str], None] = None
    top_k: int = 10
    filter: Optional[Mapping[str, Any]] = None
    include: Optional[Sequence[str]] = None

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> List[Document]:
        return documents(self.memos.search(query, **self._fields()))

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> List[Document]:
        if self.amemos is None:
            return await super()._aget_relevant_documents(query, run_manager=run_manager)
        return documents(await self.amemos.search(query, **self._fields()))

    def _fields(self) -> dict[str, Any]:
        return {
            "cube": self.cube,
            "top_k": self.top_k,
            "filter": self.filter,
            "include": self.include,
        }


def documents(found: Found) -> List[Document]:
    """Evidence first, then what was derived from it, then what was archived."""
    hits = [*found["hits"], *found.get("derived", []), *found.get("archived", [])]
    return [
        Document(
            id=hit["memory"]["id"],
            page_content=hit["memory"]["text"],
            metadata={
                **{name: value for name, value in hit["memory"].items() if name != "text"},
                "score": hit["score"],
                "relevance": hit["relevance"],
            },
        )
        for hit in hits
    ]
