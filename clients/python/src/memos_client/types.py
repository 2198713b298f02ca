"""Shapes of what is sent and answered. `/openapi.json` of a server has all of them."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, TypedDict, Union

Json = Dict[str, Any]

#: An object that is sent: a dict, or a typed one.
Fields = Mapping[str, Any]

#: A turn of a dialogue as chat APIs write it, or only its words.
Message = Union[str, Mapping[str, Any]]
#: A document with `text`, or its text alone.
Document = Union[str, Mapping[str, Any]]

# What is always there stands in a class of its own: `NotRequired` came after Python 3.10.


class _Ref(TypedDict):
    id: str


class Ref(_Ref, total=False):
    """An added memory; `source` is its name in the request's source, such as a message id."""

    source: str


class Added(TypedDict):
    """What was added, in the order of the request."""

    memories: List[Ref]
    duplicate_of_request: bool


class _Time(TypedDict):
    start: str
    end: str
    granularity: str


class Time(_Time, total=False):
    """A stretch of time that words name; `end` is the first instant after it."""

    text: str


class Link(TypedDict):
    """A link to another memory of the same cube."""

    kind: str
    to: str


class _Source(TypedDict):
    kind: str
    reference: str


class Source(_Source, total=False):
    """Where a memory was taken from."""

    locator: str


class _Memory(TypedDict):
    id: str
    cube_id: str
    kind: str
    text: str
    said_at: str
    times: List[Time]
    state: str
    semantic_type: str
    origin: str
    tags: List[str]
    entities: List[str]
    sources: List[Source]
    info: Json
    owner: str
    priority: str
    created_at: str
    updated_at: str
    version: int
    use_count: int
    derived_from: List[str]
    tier: str
    lifespan: str


class Memory(_Memory, total=False):
    """A memory."""

    caption: str
    speaker: str
    role: str
    session_id: str
    key: str
    last_used: str
    valid_from: str
    valid_until: str
    superseded_by: str
    links: List[Link]


class _MemoryPage(TypedDict):
    memories: List[Memory]


class MemoryPage(_MemoryPage, total=False):
    """Some of a cube's memories, oldest first."""

    next_cursor: str


class Signal(TypedDict):
    """One signal's part in a score."""

    value: float
    weight: float
    share: float


class _Hit(TypedDict):
    memory: Memory
    cube_id: str
    score: float
    relevance: float


class Hit(_Hit, total=False):
    """A memory that answers. `score` compares within one answer, `relevance` (0 to 1) between all;
    `signals` come with `explain`."""

    signals: Dict[str, Signal]
    folded: List[str]
    valid_time: Time


class Step(TypedDict):
    """One round of a deep search."""

    query: str
    found: int
    verdict: str


class _Found(TypedDict):
    hits: List[Hit]
    degraded: List[str]


class Found(_Found, total=False):
    """What a search found, best first; `derived` and `archived` come with `include`, `call` with
    `explain`, `steps` with `deep`."""

    derived: List[Hit]
    archived: List[Hit]
    steps: List[Step]
    call: Json


class Context(TypedDict):
    """Dated lines for a prompt, their length, and the memories that they show."""

    text: str
    tokens: int
    memories: List[str]
    degraded: List[str]


class _Version(TypedDict):
    version: int
    actor: str
    cause: str
    change: int
    memory: Memory


# `from` is a word of Python's own.
_Since = TypedDict("_Since", {"from": str})


class Version(_Version, _Since, total=False):
    """What a memory was, and who made it that, when (`from`, `until`) and why."""

    until: str
    detail: str
    evidence: List[str]


class Versions(TypedDict):
    """The versions of a memory, oldest first."""

    versions: List[Version]


class _Feedback(TypedDict):
    added: str
    corrected: List[str]
    rule: str


class Feedback(_Feedback, total=False):
    """What came of a correction: the words, kept as a memory; the memories that hold no more, or
    those that it may be about."""

    candidates: List[Memory]
    degraded: str


class _PlanStep(TypedDict):
    id: str
    step: str


class PlanStep(_PlanStep, total=False):
    """What happens to one memory."""

    from_version: int
    to_version: int
    refused: str


class Plan(TypedDict):
    """What a rollback changes. `change:N` with `before` leads back."""

    done: bool
    before: int
    steps: List[PlanStep]


class _Snapshot(TypedDict):
    name: str
    change: int
    taken_at: str
    by: str


class Snapshot(_Snapshot, total=False):
    """A name for a state of a cube."""

    note: str


class Snapshots(TypedDict):
    """The snapshots of a cube, by name."""

    snapshots: List[Snapshot]


class Base(TypedDict):
    """What a branch reads through to."""

    cube_id: str
    change: int


class _Cube(TypedDict):
    id: str
    name: str
    owner: str
    created_at: str
    updated_at: str
    info: Json


class Cube(_Cube, total=False):
    """A cube; with `base` if it is a what-if branch."""

    description: str
    base: Base


class _CubePage(TypedDict):
    cubes: List[Cube]


class CubePage(_CubePage, total=False):
    """Some of the cubes, by id."""

    next_cursor: str


class Drained(TypedDict):
    """Whether no task is left that is due. Those of `later` wait for another time, and `failed` of
    them out a failure."""

    drained: bool
    left: int
    later: int
    failed: int
