"""The client that doesn't wait: the methods of `Memos`, to be awaited."""

from __future__ import annotations

from typing import Any, AsyncIterator, Dict, List, Optional, Sequence, Union

import httpx

from . import _calls
from ._calls import Call, cube_path, known, memory_path
from ._errors import MemosError, MemosUnreachable
from .types import Added, Context, Feedback, Found, Json, Memory, Message, Plan


class AsyncMemos:
    """A client of a MemOS server for asyncio.

    `cube` is the cube of calls that name none. A cube that is not there is created by the first
    message that is added to it."""

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
        self._http = client or httpx.AsyncClient(base_url=base_url, headers=headers, timeout=timeout)
        self._default = cube

    async def __aenter__(self) -> "AsyncMemos":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def add(
        self,
        messages: Union[Message, Sequence[Message]],
        *,
        cube: Optional[str] = None,
        session_id: Optional[str] = None,
        chat_time: Optional[str] = None,
        tags: Optional[Sequence[str]] = None,
        info: Optional[Json] = None,
        lifespan: Optional[str] = None,
    ) -> Added:
        """Keeps messages, verbatim. When this returns they are on the disk, and the next search
        finds them; the same call again within ten minutes stores once."""
        fields = known(
            session_id=session_id, chat_time=chat_time, tags=tags, info=info, lifespan=lifespan
        )
        return await self._send(_calls.add(self._cube(cube), messages, fields))

    async def add_documents(
        self,
        documents: Sequence[Json],
        *,
        cube: Optional[str] = None,
        tags: Optional[Sequence[str]] = None,
        info: Optional[Json] = None,
    ) -> Added:
        """Keeps documents, `{"text": …, "name"?: …, "format"?: …}`, passage by passage."""
        fields = known(tags=tags, info=info)
        return await self._send(_calls.add_documents(self._cube(cube), documents, fields))

    async def search(
        self,
        query: str,
        *,
        cube: Union[str, Sequence[str], None] = None,
        top_k: Optional[int] = None,
        max_tokens: Optional[int] = None,
        filter: Optional[Json] = None,
        time_window: Optional[Json] = None,
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
            top_k=top_k, max_tokens=max_tokens, filter=filter, time_window=time_window,
            types=types, asked_at=asked_at, as_of=as_of, valid_at=valid_at, include=include,
            deep=deep, explain=explain,
        )
        return await self._send(_calls.ask("search", query, self._cubes(cube), fields))

    async def context(
        self,
        query: str,
        *,
        cube: Union[str, Sequence[str], None] = None,
        max_tokens: Optional[int] = None,
        top_k: Optional[int] = None,
        filter: Optional[Json] = None,
        as_of: Optional[str] = None,
    ) -> Context:
        """The same, as one block of dated lines for a prompt, within a budget of tokens."""
        fields = known(max_tokens=max_tokens, top_k=top_k, filter=filter, as_of=as_of)
        return await self._send(_calls.ask("context", query, self._cubes(cube), fields))

    async def get(self, memory_id: str, *, cube: Optional[str] = None) -> Memory:
        """One memory."""
        return await self._send(Call("GET", memory_path(self._cube(cube), memory_id)))

    async def list(
        self,
        *,
        cube: Optional[str] = None,
        filter: Optional[Json] = None,
        page_size: int = 200,
    ) -> AsyncIterator[Memory]:
        """All memories of a cube that a filter admits, oldest first."""
        cursor: Optional[str] = None
        while True:
            page = await self._send(_calls.page(self._cube(cube), filter, cursor, page_size))
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
        info: Optional[Json] = None,
        lifespan: Optional[str] = None,
        version: Optional[int] = None,
    ) -> Memory:
        """Changes what is given; what was before stays in the history. With `version` it is
        refused if the memory has changed in between."""
        body = known(text=text, key=key, tags=tags, info=info, lifespan=lifespan, version=version)
        return await self._send(Call("PATCH", memory_path(self._cube(cube), memory_id), body))

    async def forget(self, memory_id: str, *, cube: Optional[str] = None) -> None:
        """Forgets a memory, with its history."""
        await self._send(Call("DELETE", memory_path(self._cube(cube), memory_id)))

    async def versions(self, memory_id: str, *, cube: Optional[str] = None) -> List[Json]:
        """What a memory was: who changed it, when and why."""
        call = Call("GET", memory_path(self._cube(cube), memory_id, "/versions"))
        return (await self._send(call))["versions"]

    async def feedback(
        self,
        words: str,
        *,
        cube: Optional[str] = None,
        speaker: Optional[str] = None,
        memory_ids: Optional[Sequence[str]] = None,
    ) -> Feedback:
        """Corrects in plain words: "that's wrong, I moved to Lyon"."""
        body = known(feedback=words, speaker=speaker, memory_ids=memory_ids)
        return await self._send(Call("POST", cube_path(self._cube(cube), "/feedback"), body))

    async def rollback(self, to: str, *, cube: Optional[str] = None, dry_run: bool = False) -> Plan:
        """Takes a cube back to an instant, `change:N` or a snapshot; the way forward is a rollback
        too."""
        body = {"to": to, "dry_run": dry_run}
        return await self._send(Call("POST", cube_path(self._cube(cube), "/rollback"), body))

    async def snapshot(self, name: str, *, cube: Optional[str] = None) -> Json:
        """Names the state of a cube."""
        call = Call("POST", cube_path(self._cube(cube), "/snapshots"), {"name": name})
        return await self._send(call)

    async def cubes(self) -> List[Json]:
        """The cubes, by id."""
        found: List[Json] = []
        query: Dict[str, Union[str, int]] = {"limit": 200}
        while True:
            page = await self._send(Call("GET", f"{_calls.API}/cubes", query=query))
            found.extend(page["cubes"])
            if "next_cursor" not in page:
                return found
            query = {**query, "cursor": page["next_cursor"]}

    async def delete_cube(self, cube: str) -> None:
        """Forgets a cube and all that it holds."""
        await self._send(Call("DELETE", cube_path(cube)))

    async def drain(self, *, cube: Optional[str] = None, timeout_ms: int = 30_000) -> bool:
        """Has the background work done now; whether none is left."""
        body = known(cube_id=cube, timeout_ms=timeout_ms)
        return (await self._send(Call("POST", f"{_calls.API}/tasks/drain", body)))["drained"]

    async def send(self, method: str, path: str, body: Optional[Json] = None) -> Any:
        """Any other route of `/openapi.json`."""
        return await self._send(Call(method, path, body))

    async def _send(self, call: Call) -> Any:
        try:
            response = await self._http.request(
                call.method, call.path, json=call.body, params=call.query or None
            )
        except httpx.TransportError as error:
            raise MemosUnreachable(error) from error
        if response.is_error:
            raise MemosError.of(response)
        return response.json() if response.content else None

    def _cube(self, cube: Optional[str]) -> str:
        chosen = cube or self._default
        if chosen is None:
            raise ValueError("name a cube: cube=…, here or for the whole client")
        return chosen

    def _cubes(self, cube: Union[str, Sequence[str], None]) -> Union[str, Sequence[str]]:
        return self._cube(None) if cube is None else cube
