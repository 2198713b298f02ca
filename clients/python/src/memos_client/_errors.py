"""What goes wrong."""

from __future__ import annotations

from typing import Any, Optional, cast

import httpx


class MemosError(Exception):
    """The server refused, or failed. `code` is for programs, `remedy` says what to do."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "unknown",
        field: Optional[str] = None,
        remedy: Optional[str] = None,
        request_id: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.field = field
        self.remedy = remedy
        self.request_id = request_id

    @classmethod
    def of(cls, response: httpx.Response) -> MemosError:
        """The error that a response tells of (RFC 9457)."""
        problem = _object(response)
        detail = problem.get("detail") or response.reason_phrase or "no reason is given"
        words = [f"{response.status_code}: {detail}"]
        if problem.get("field"):
            words.append(f"at {problem['field']}")
        if problem.get("remedy"):
            words.append(str(problem["remedy"]))
        return cls(
            "; ".join(words),
            status=response.status_code,
            code=problem.get("code", "unknown"),
            field=problem.get("field"),
            remedy=problem.get("remedy"),
            request_id=problem.get("request_id") or response.headers.get("x-request-id"),
        )

    @classmethod
    def no_memos(cls, response: httpx.Response) -> MemosError:
        """The error for an answer that no MemOS server gives."""
        remedy = "check the address, and that a MemOS server listens there"
        return cls(
            f"{response.status_code}: {response.url} is no answer of a MemOS server; {remedy}",
            status=response.status_code,
            code="no_memos",
            remedy=remedy,
        )


class MemosUnreachable(MemosError):
    """No answer came: the request may have been done or not. Adding again within ten minutes
    stores once."""

    def __init__(self, cause: Exception) -> None:
        remedy = "start one with `memos serve`, or correct the address"
        super().__init__(
            f"the server can't be reached: {str(cause) or type(cause).__name__}; {remedy}",
            code="unreachable",
            remedy=remedy,
        )


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        problem: Any = response.json()
    except ValueError:
        return {}
    return cast(dict[str, Any], problem) if isinstance(problem, dict) else {}
