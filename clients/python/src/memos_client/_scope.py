"""Which cubes a call is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence, Union


@dataclass(frozen=True)
class Scope:
    """The cube of calls that name none, if there is one."""

    default: Optional[str]

    def one(self, cube: Optional[str]) -> str:
        chosen = self.default if cube is None else cube
        if chosen is None:
            raise ValueError("name a cube: cube=…, here or for the whole client")
        return chosen

    def some(self, cubes: Union[str, Sequence[str], None]) -> List[str]:
        if cubes is None or isinstance(cubes, str):
            return [self.one(cubes)]
        return list(cubes)
