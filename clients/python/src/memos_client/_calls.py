"""Requests and answers, said once for the client that waits and the one that doesn't."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Generic, Mapping, Optional, Sequence, TypeVar, Union, cast
from urllib.parse import quote

import httpx

from ._errors import MemosError
from .types import (
    Added,
    Context,
    Cube,
    CubePage,
    Document,
    Drained,
    Feedback,
    Fields,
    Found,
    Json,
    Memory,
    MemoryPage,
    Message,
    Plan,
    Snapshot,
    Snapshots,
    Versions,
)

API = "/api/v1"

#: Cubes on a page: all of them are read anyway.
CUBES = 200

Answer = TypeVar("Answer")
Query = Mapping[str, Union[str, int, float, bool]]


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """One request, and what it is answered."""

    method: str
    path: str
    body: Optional[Json] = None
    query: Optional[Query] = None
    #: Seconds that the answer may take beyond the client's time.
    patience: float = 0.0
    #: Whether an answer in another form than JSON is one.
    text: bool = False
    #: A field that every answer has: one without it is another program's.
    has: Optional[str] = None


@dataclass(frozen=True)
class Server:
    """Where it is, and how it is spoken to."""

    base_url: str
    headers: dict[str, str]
    timeout: float

    @classmethod
    def at(cls, address: str, headers: dict[str, str], timeout: float) -> Server:
        """The server at an address; one without a scheme is meant as HTTP."""
        url = address if "://" in address else f"http://{address}"
        return cls(url.rstrip("/"), headers, timeout)

    def request(self, call: Call[Any]) -> dict[str, Any]:
        """What httpx is told."""
        return {
            "method": call.method,
            "url": self.base_url + call.path,
            "headers": self.headers,
            "json": call.body,
            "params": dict(call.query) if call.query else None,
            "timeout": self.timeout + call.patience,
        }


def answer(call: Call[Answer], response: httpx.Response) -> Answer:
    """What a response says, or an error."""
    if response.is_error:
        raise MemosError.of(response)
    if not response.is_success:
        raise MemosError.no_memos(response)
    if not response.content:
        return cast(Answer, None)
    if call.text and not _is_json(response):
        return cast(Answer, response.text)
    try:
        told = response.json()
    except ValueError as error:
        raise MemosError.no_memos(response) from error
    if call.has and not (isinstance(told, dict) and call.has in told):
        raise MemosError.no_memos(response)
    return cast(Answer, told)


def _is_json(response: httpx.Response) -> bool:
    media = response.headers.get("content-type", "").split(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def known(**fields: Any) -> Json:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not None}


def add(cube: str, messages: Union[Message, Sequence[Message]], fields: Json) -> Call[Added]:
    given = [messages] if isinstance(messages, (str, Mapping)) else messages
    turns = [{"role": "user", "content": m} if isinstance(m, str) else dict(m) for m in given]
    return Call("POST", _cube(cube, "memories"), {"messages": turns, **fields}, has="memories")


def add_documents(
    cube: str, documents: Union[Document, Sequence[Document]], fields: Json
) -> Call[Added]:
    given = [documents] if isinstance(documents, (str, Mapping)) else documents
    texts = [{"text": d} if isinstance(d, str) else dict(d) for d in given]
    body = {"documents": texts, **fields}
    return Call("POST", _cube(cube, "memories"), body, has="memories")


def search(query: str, cubes: Sequence[str], fields: Json) -> Call[Found]:
    return Call("POST", f"{API}/search", {"query": query, "cube_ids": cubes, **fields}, has="hits")


def context(query: str, cubes: Sequence[str], fields: Json) -> Call[Context]:
    return Call("POST", f"{API}/context", {"query": query, "cube_ids": cubes, **fields}, has="text")


def get(cube: str, memory_id: str) -> Call[Memory]:
    return Call("GET", _cube(cube, "memories", memory_id), has="id")


def page(
    cube: str, filter: Optional[Fields], cursor: Optional[str], limit: int
) -> Call[MemoryPage]:
    wanted = None if filter is None else json.dumps(filter)
    query = known(limit=limit, filter=wanted, cursor=cursor)
    return Call("GET", _cube(cube, "memories"), query=query, has="memories")


def update(cube: str, memory_id: str, fields: Json) -> Call[Memory]:
    return Call("PATCH", _cube(cube, "memories", memory_id), fields, has="id")


def forget(cube: str, memory_id: str) -> Call[None]:
    return Call("DELETE", _cube(cube, "memories", memory_id))


def versions(cube: str, memory_id: str) -> Call[Versions]:
    return Call("GET", _cube(cube, "memories", memory_id, "versions"), has="versions")


def feedback(cube: str, words: str, fields: Json) -> Call[Feedback]:
    return Call("POST", _cube(cube, "feedback"), {"feedback": words, **fields}, has="added")


def rollback(cube: str, to: str, dry_run: bool) -> Call[Plan]:
    return Call("POST", _cube(cube, "rollback"), {"to": to, "dry_run": dry_run}, has="done")


def snapshot(cube: str, name: str, fields: Json) -> Call[Snapshot]:
    return Call("POST", _cube(cube, "snapshots"), {"name": name, **fields}, has="name")


def snapshots(cube: str) -> Call[Snapshots]:
    return Call("GET", _cube(cube, "snapshots"), has="snapshots")


def create_cube(cube: str, fields: Json) -> Call[Cube]:
    return Call("POST", f"{API}/cubes", {"id": cube, **fields}, has="id")


def cubes(cursor: Optional[str]) -> Call[CubePage]:
    return Call("GET", f"{API}/cubes", query=known(limit=CUBES, cursor=cursor), has="cubes")


def delete_cube(cube: str) -> Call[None]:
    return Call("DELETE", _cube(cube))


def drain(cube: Optional[str], timeout: float) -> Call[Drained]:
    body = known(cube_id=cube, timeout_ms=round(timeout * 1000))
    return Call("POST", f"{API}/tasks/drain", body, patience=timeout, has="drained")


def _cube(cube: str, *rest: str) -> str:
    return "/".join([f"{API}/cubes", _segment(cube), *map(_segment, rest)])


def _segment(text: str) -> str:
    if not text:
        raise ValueError("an id is empty")
    # `.` and `..` would lead to another route.
    return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")
