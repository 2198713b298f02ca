"""A store for LangGraph: items that graphs keep, in a MemOS server."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Iterable, Optional

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

from ._calls import Call, Server, answer, known
from ._errors import MemosUnreachable

_ITEMS = "/store/items"


class MemosStore(BaseStore):
    """`BaseStore` over the server's `/store` routes. Items are memories: each put of a key keeps
    the version before it, and search goes by meaning, words and time as for any memory.

    The operations of a batch are done one after the other; those before one that fails stay
    done."""

    supports_ttl = True

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:7777",
        *,
        api_key: Optional[str] = None,
        timeout: float = 30.0,
    ) -> None:
        headers = {"x-api-key": api_key} if api_key else {}
        self._server = Server.at(base_url, headers, timeout)
        # Certificates are read once: it takes as long as many requests.
        self._tls = httpx.create_ssl_context()
        self._http = httpx.Client(verify=self._tls)

    def __enter__(self) -> MemosStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        results: list[Result] = []
        for op in ops:
            call = _call(op)
            told = None
            if call is not None:
                try:
                    response = self._http.request(**self._server.request(call))
                except httpx.RequestError as error:
                    raise MemosUnreachable(error) from error
                told = answer(call, response)
            results.append(_result(op, told))
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        results: list[Result] = []
        # A client lives as long as its event loop, and a store may see several.
        async with httpx.AsyncClient(verify=self._tls) as http:
            for op in ops:
                call = _call(op)
                told = None
                if call is not None:
                    try:
                        response = await http.request(**self._server.request(call))
                    except httpx.RequestError as error:
                        raise MemosUnreachable(error) from error
                    told = answer(call, response)
                results.append(_result(op, told))
        return results


def _call(op: Op) -> Optional[Call[Any]]:
    """The request for an operation; none if its answer is known without one."""
    if isinstance(op, GetOp):
        labels = op.namespace
        if not op.key or not labels or any(not label or "." in label for label in labels):
            # `put` takes no such address, so nothing is there. The route sets dots between labels.
            return None
        query = known(namespace=".".join(labels), key=op.key, refresh_ttl=op.refresh_ttl)
        return Call("GET", _ITEMS, query=query)
    if isinstance(op, PutOp):
        place: dict[str, Any] = {"namespace": list(op.namespace), "key": op.key}
        if op.value is None:
            return Call("DELETE", _ITEMS, place)
        fields = known(index=op.index, ttl=op.ttl)
        return Call("PUT", _ITEMS, {**place, "value": dict(op.value), **fields})
    if isinstance(op, SearchOp):
        body = known(
            namespace_prefix=list(op.namespace_prefix),
            query=op.query,
            filter=op.filter,
            limit=op.limit,
            offset=op.offset,
            refresh_ttl=op.refresh_ttl,
        )
        return Call("POST", f"{_ITEMS}/search", body)
    if isinstance(op, ListNamespacesOp):
        body = known(max_depth=op.max_depth, limit=op.limit, offset=op.offset)
        for condition in op.match_conditions or ():
            if condition.match_type in body:
                raise ValueError(f"one {condition.match_type} condition is taken, not several")
            body[condition.match_type] = list(condition.path)
        return Call("POST", "/store/namespaces", body)
    raise TypeError(f"{type(op).__name__} is no operation of a store")


def _result(op: Op, told: Any) -> Result:
    if isinstance(op, GetOp):
        return None if told is None else Item(**_fields(told))
    if isinstance(op, SearchOp):
        return [SearchItem(**_fields(item), score=item["score"]) for item in told["items"]]
    if isinstance(op, ListNamespacesOp):
        return [tuple(namespace) for namespace in told["namespaces"]]
    return None


def _fields(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "namespace": tuple(item["namespace"]),
        "key": item["key"],
        "value": item["value"],
        "created_at": _time(item["created_at"]),
        "updated_at": _time(item["updated_at"]),
    }


def _time(text: str) -> datetime:
    # Python 3.10 reads fractions of three or six digits, and no Z.
    six = re.sub(r"\.(\d+)", lambda digits: f".{digits[1][:6]:0<6}", text)
    return datetime.fromisoformat(six.replace("Z", "+00:00"))
