"""Shapes of what is sent and answered. `/openapi.json` of a server has all of them."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, TypedDict, Union

Json = Dict[str, Any]

#: A turn of a dialogue as chat APIs write it, or only its words.
Message = Union[str, Json]


class Ref(TypedDict, total=False):
    id: str
    source: str


class Added(TypedDict):
    memories: List[Ref]
    duplicate_of_request: bool


class Time(TypedDict, total=False):
    start: str
    end: str
    granularity: str
    text: str


class Memory(TypedDict, total=False):
    id: str
    cube_id: str
    text: str
    speaker: Optional[str]
    role: Optional[str]
    session_id: Optional[str]
    said_at: str
    times: List[Time]
    state: str
    semantic_type: str
    origin: str
    key: Optional[str]
    tags: List[str]
    entities: List[str]
    info: Json
    owner: str
    priority: str
    created_at: str
    updated_at: str
    version: int
    use_count: int
    derived_from: List[str]
    valid_from: Optional[str]
    valid_until: Optional[str]
    superseded_by: Optional[str]
    tier: str
    lifespan: str


class Hit(TypedDict, total=False):
    memory: Memory
    cube_id: str
    score: float
    signals: Dict[str, Dict[str, float]]
    folded: List[str]
    valid_time: Time


class Found(TypedDict, total=False):
    hits: List[Hit]
    derived: List[Hit]
    archived: List[Hit]
    steps: List[Json]
    degraded: List[str]
    call: Json


class Context(TypedDict):
    text: str
    tokens: int
    memories: List[str]
    degraded: List[str]


class Page(TypedDict, total=False):
    memories: List[Memory]
    next_cursor: str


class Feedback(TypedDict, total=False):
    added: str
    corrected: List[str]
    rule: str
    candidates: List[Memory]
    degraded: str


class Plan(TypedDict):
    done: bool
    before: int
    steps: List[Json]
