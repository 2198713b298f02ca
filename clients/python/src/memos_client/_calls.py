"""Requests, said once for the client that waits and the one that doesn't."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Union
from urllib.parse import quote

from .types import Json, Message

API = "/api/v1"


@dataclass(frozen=True)
class Call:
    """One request."""

    method: str
    path: str
    body: Optional[Json] = None
    query: Dict[str, Union[str, int]] = field(default_factory=dict)


def known(**fields: Any) -> Json:
    """The fields that were given."""
    return {name: value for name, value in fields.items() if value is not None}


def names(cube: Union[str, Sequence[str]]) -> List[str]:
    return [cube] if isinstance(cube, str) else list(cube)


def cube_path(cube: str, rest: str = "") -> str:
    return f"{API}/cubes/{quote(cube, safe='')}{rest}"


def memory_path(cube: str, memory_id: str, rest: str = "") -> str:
    return cube_path(cube, f"/memories/{quote(memory_id, safe='')}{rest}")


def add(cube: str, messages: Union[Message, Sequence[Message]], fields: Json) -> Call:
    given: Sequence[Message] = (
        [messages] if isinstance(messages, (str, Mapping)) else list(messages)
    )
    turns = [{"role": "user", "content": m} if isinstance(m, str) else dict(m) for m in given]
    return Call("POST", cube_path(cube, "/memories"), {"messages": turns, **fields})


def add_documents(cube: str, documents: Sequence[Json], fields: Json) -> Call:
    body = {"documents": [dict(d) for d in documents], **fields}
    return Call("POST", cube_path(cube, "/memories"), body)


def ask(route: str, query: str, cube: Union[str, Sequence[str]], fields: Json) -> Call:
    return Call("POST", f"{API}/{route}", {"query": query, "cube_ids": names(cube), **fields})


def page(cube: str, filter: Optional[Json], cursor: Optional[str], limit: int) -> Call:
    query: Dict[str, Union[str, int]] = {"limit": limit}
    if filter is not None:
        query["filter"] = json.dumps(filter)
    if cursor is not None:
        query["cursor"] = cursor
    return Call("GET", cube_path(cube, "/memories"), query=query)
