"""A store for LangGraph: items that graphs keep, in a MemOS server."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Iterable, List, Optional, Union

import httpx
from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)

from ._errors import MemosError, MemosUnreachable

_Request = Dict[str, Any]


class MemosStore(BaseStore):
    """`BaseStore` over the server's `/store` routes. Items are memories: each put of a key keeps
    the version before it, and what a search finds explains itself in the native API."""

    supports_ttl = True

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:7777",
        *,
        api_key: Optional[str] = None,
        timeout: float = 30.0,
    ) -> None:
        headers = {"x-api-key": api_key} if api_key else {}
        options: Dict[str, Any] = {"base_url": base_url, "headers": headers, "timeout": timeout}
        self._http = httpx.Client(**options)
        self._options = options

    def batch(self, ops: Iterable[Op]) -> List[Result]:
        return [_result(op, self._ask(_request(op))) for op in ops]

    async def abatch(self, ops: Iterable[Op]) -> List[Result]:
        # A client lives as long as its event loop, and a store may see several.
        async with httpx.AsyncClient(**self._options) as http:
            results: List[Result] = []
            for op in ops:
                try:
                    response = await http.request(**_request(op))
                except httpx.TransportError as error:
                    raise MemosUnreachable(error) from error
                results.append(_result(op, response))
            return results

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _ask(self, request: _Request) -> httpx.Response:
        try:
            return self._http.request(**request)
        except httpx.TransportError as error:
            raise MemosUnreachable(error) from error


def _request(op: Op) -> _Request:
    if isinstance(op, GetOp):
        query = {"namespace": ".".join(op.namespace), "key": op.key}
        if op.refresh_ttl is not None:
            query["refresh_ttl"] = "true" if op.refresh_ttl else "false"
        return {"method": "GET", "url": "/store/items", "params": query}
    if isinstance(op, PutOp) and op.value is None:
        body: Dict[str, Any] = {"namespace": list(op.namespace), "key": op.key}
        return {"method": "DELETE", "url": "/store/items", "json": body}
    if isinstance(op, PutOp):
        body = {"namespace": list(op.namespace), "key": op.key, "value": dict(op.value or {})}
        if op.index is not None:
            body["index"] = op.index
        if op.ttl is not None:
            body["ttl"] = op.ttl
        return {"method": "PUT", "url": "/store/items", "json": body}
    if isinstance(op, SearchOp):
        body = {
            "namespace_prefix": list(op.namespace_prefix),
            "filter": op.filter,
            "limit": op.limit,
            "offset": op.offset,
            "query": op.query,
            "refresh_ttl": op.refresh_ttl,
        }
        return {"method": "POST", "url": "/store/items/search", "json": body}
    if isinstance(op, ListNamespacesOp):
        body = {"max_depth": op.max_depth, "limit": op.limit, "offset": op.offset}
        for condition in op.match_conditions or ():
            body[condition.match_type] = list(condition.path)
        return {"method": "POST", "url": "/store/namespaces", "json": body}
    raise TypeError(f"{type(op).__name__} is no operation of a store")


def _result(op: Op, response: httpx.Response) -> Result:
    if isinstance(op, GetOp) and response.status_code == 404:
        return None
    if response.is_error:
        raise MemosError.of(response)
    if isinstance(op, PutOp):
        return None
    body = response.json() if response.content else None
    if isinstance(op, GetOp):
        return None if body is None else Item(**_fields(body))
    if isinstance(op, SearchOp):
        return [SearchItem(**_fields(item), score=item.get("score")) for item in body["items"]]
    return [tuple(namespace) for namespace in body["namespaces"]]


def _fields(item: Dict[str, Any]) -> Dict[str, Any]:
    return {
        "namespace": tuple(item["namespace"]),
        "key": item["key"],
        "value": item["value"],
        "created_at": _time(item["created_at"]),
        "updated_at": _time(item["updated_at"]),
    }


def _time(text: Union[str, datetime]) -> datetime:
    return text if isinstance(text, datetime) else datetime.fromisoformat(text.replace("Z", "+00:00"))
