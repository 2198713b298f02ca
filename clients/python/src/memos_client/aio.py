"""The client that doesn't wait: the methods of `Memos`, to be awaited."""

from __future__ import annotations

from typing import Any, AsyncIterator, List, Optional, Sequence, Union

import httpx

from . import _calls
from ._calls import Answer, Call, Query, Server, answer, known
from ._errors import MemosUnreachable
from ._scope import Scope
from .types import (
    Added,
    Context,
    Cube,
    Document,
    Feedback,
    Fields,
    Found,
    Json,
    Memory,
    Message,
    Plan,
    Snapshot,
    Version,
)


class AsyncMemos:
    """A client of a MemOS server for asyncio.

    `cube` is the cube of calls that name none. A cube that is not there is created by the first
    message that is added to it. An answer may take `timeout` seconds. `client` is one of yours, for
    settings such as proxies and certificates; it is yours to close."""

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:7777",
        *,
        cube: Optional[str] = None,
        api_key: Optional[str] = None,
        timeout: float = 30.0,
        client: Optional[httpx.AsyncClient] = None,
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._server = Server.at(base_url, headers, timeout)
        self._scope = Scope(cube)
        self._http = client or httpx.AsyncClient()
        self._own = client is None

    async def __aenter__(self) -> AsyncMemos:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._own:
            await self._http.aclose()

    async def add(
        self,
        messages: Union[Message, Sequence[Message]],
        *,
        cube: Optional[str] = None,
        session_id: Optional[str] = None,
        chat_time: Optional[str] = None,
        tags: Optional[Sequence[str]] = None,
        info: Optional[Fields] = None,
        lifespan: Optional[str] = None,
    ) -> Added:
        """Keeps messages, verbatim. When this returns they are on the disk, and the next search
        finds them; the same call again within ten minutes stores once."""
        fields = known(
            session_id=session_id,
            chat_time=chat_time,
            tags=tags,
            info=info,
            lifespan=lifespan,
        )
        return await self._send(_calls.add(self._scope.one(cube), messages, fields))

    async def add_documents(
        self,
        documents: Union[Document, Sequence[Document]],
        *,
        cube: Optional[str] = None,
        tags: Optional[Sequence[str]] = None,
        info: Optional[Fields] = None,
        lifespan: Optional[str] = None,
    ) -> Added:
        """Keeps documents, `{"text": …, "name"?: …, "format"?: …, "written_at"?: …}` or a text alone,
        passage by passage."""
        fields = known(tags=tags, info=info, lifespan=lifespan)
        return await self._send(_calls.add_documents(self._scope.one(cube), documents, fields))

    async def search(
        self,
        query: str,
        *,
        cube: Union[str, Sequence[str], None] = None,
        top_k: Optional[int] = None,
        max_tokens: Optional[int] = None,
        filter: Optional[Fields] = None,
        time_window: Optional[Fields] = None,
        types: Optional[Sequence[str]] = None,
        asked_at: Optional[str] = None,
        as_of: Optional[str] = None,
        valid_at: Optional[str] = None,
        include: Optional[Sequence[str]] = None,
        deep: Optional[bool] = None,
        explain: Optional[bool] = None,
    ) -> Found:
        """The memories that answer a question, best first."""
        fields = known(
            top_k=top_k,
            max_tokens=max_tokens,
            filter=filter,
            time_window=time_window,
            types=types,
            asked_at=asked_at,
            as_of=as_of,
            valid_at=valid_at,
            include=include,
            deep=deep,
            explain=explain,
        )
        return await self._send(_calls.search(query, self._scope.some(cube), fields))

    async def context(
        self,
        query: str,
        *,
        cube: Union[str, Sequence[str], None] = None,
        top_k: Optional[int] = None,
        max_tokens: Optional[int] = None,
        filter: Optional[Fields] = None,
        time_window: Optional[Fields] = None,
        types: Optional[Sequence[str]] = None,
        asked_at: Optional[str] = None,
        as_of: Optional[str] = None,
        valid_at: Optional[str] = None,
        include: Optional[Sequence[str]] = None,
        deep: Optional[bool] = None,
    ) -> Context:
        """The same, as one block of dated lines for a prompt, within a budget of tokens."""
        fields = known(
            top_k=top_k,
            max_tokens=max_tokens,
            filter=filter,
            time_window=time_window,
            types=types,
            asked_at=asked_at,
            as_of=as_of,
            valid_at=valid_at,
            include=include,
            deep=deep,
        )
        return await self._send(_calls.context(query, self._scope.some(cube), fields))

    async def get(self, memory_id: str, *, cube: Optional[str] = None) -> Memory:
        """One memory."""
        return await self._send(_calls.get(self._scope.one(cube), memory_id))

    async def list(
        self,
        *,
        cube: Optional[str] = None,
        filter: Optional[Fields] = None,
        page_size: int = 200,
    ) -> AsyncIterator[Memory]:
        """All memories of a cube that a filter admits, oldest first, read page by page (of 1 to
        1000) as they are used."""
        name = self._scope.one(cube)
        cursor: Optional[str] = None
        while True:
            page = await self._send(_calls.page(name, filter, cursor, page_size))
            for memory in page["memories"]:
                yield memory
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    async def update(
        self,
        memory_id: str,
        *,
        cube: Optional[str] = None,
        text: Optional[str] = None,
        key: Optional[str] = None,
        tags: Optional[Sequence[str]] = None,
        info: Optional[Fields] = None,
        semantic_type: Optional[str] = None,
        priority: Optional[str] = None,
        lifespan: Optional[str] = None,
        said_at: Optional[str] = None,
        version: Optional[int] = None,
    ) -> Memory:
        """Changes what is given; what was before stays in the history. A field of `info` that is
        None goes away. With `version` it is refused if the memory has changed in between."""
        fields = known(
            text=text,
            key=key,
            tags=tags,
            info=info,
            semantic_type=semantic_type,
            priority=priority,
            lifespan=lifespan,
            said_at=said_at,
            version=version,
        )
        return await self._send(_calls.update(self._scope.one(cube), memory_id, fields))

    async def forget(self, memory_id: str, *, cube: Optional[str] = None) -> None:
        """Forgets a memory, with its history."""
        await self._send(_calls.forget(self._scope.one(cube), memory_id))

    async def versions(self, memory_id: str, *, cube: Optional[str] = None) -> List[Version]:
        """What a memory was, oldest first: who changed it, when and why."""
        told = await self._send(_calls.versions(self._scope.one(cube), memory_id))
        return told["versions"]

    async def feedback(
        self,
        words: str,
        *,
        cube: Optional[str] = None,
        speaker: Optional[str] = None,
        memory_ids: Optional[Sequence[str]] = None,
        chat_time: Optional[str] = None,
        session_id: Optional[str] = None,
        info: Optional[Json] = None,
    ) -> Feedback:
        """Corrects in plain words: "That's wrong, I moved to Lyon." """
        fields = known(
            speaker=speaker,
            memory_ids=memory_ids,
            chat_time=chat_time,
            session_id=session_id,
            info=info,
        )
        return await self._send(_calls.feedback(self._scope.one(cube), words, fields))

    async def rollback(self, to: str, *, cube: Optional[str] = None, dry_run: bool = False) -> Plan:
        """Takes a cube back to an instant, `change:N` or a snapshot; the way forward is a rollback
        too."""
        return await self._send(_calls.rollback(self._scope.one(cube), to, dry_run))

    async def snapshot(
        self,
        name: str,
        *,
        cube: Optional[str] = None,
        note: Optional[str] = None,
        at: Optional[str] = None,
    ) -> Snapshot:
        """Names the state of a cube, now or `at` an instant or `change:N`."""
        fields = known(note=note, at=at)
        return await self._send(_calls.snapshot(self._scope.one(cube), name, fields))

    async def snapshots(self, *, cube: Optional[str] = None) -> List[Snapshot]:
        """The named states of a cube, by name."""
        told = await self._send(_calls.snapshots(self._scope.one(cube)))
        return told["snapshots"]

    async def create_cube(
        self,
        cube: str,
        *,
        name: Optional[str] = None,
        description: Optional[str] = None,
        info: Optional[Fields] = None,
    ) -> Cube:
        """Creates a cube, if its name and the like are to be set; adding creates one too."""
        fields = known(name=name, description=description, info=info)
        return await self._send(_calls.create_cube(cube, fields))

    async def cubes(self) -> List[Cube]:
        """The cubes, by id."""
        found: List[Cube] = []
        cursor: Optional[str] = None
        while True:
            page = await self._send(_calls.cubes(cursor))
            found.extend(page["cubes"])
            cursor = page.get("next_cursor")
            if cursor is None:
                return found

    async def delete_cube(self, cube: str) -> None:
        """Forgets a cube and all that it holds."""
        await self._send(_calls.delete_cube(cube))

    async def drain(self, *, cube: Optional[str] = None, timeout: float = 30.0) -> bool:
        """Has the background work of a cube, or of all, done now; whether none that is due is left
        after so many seconds."""
        return (await self._send(_calls.drain(cube, timeout)))["drained"]

    async def send(
        self,
        method: str,
        path: str,
        body: Optional[Json] = None,
        query: Optional[Query] = None,
    ) -> Any:
        """Any other route of `/openapi.json`, such as `/api/v1/tasks`: what its JSON says, or its
        text."""
        call: Call[Any] = Call(method, path, body, query, text=True)
        return await self._send(call)

    async def _send(self, call: Call[Answer]) -> Answer:
        try:
            response = await self._http.request(**self._server.request(call))
        except httpx.RequestError as error:
            raise MemosUnreachable(error) from error
        return answer(call, response)
