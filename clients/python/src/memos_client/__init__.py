"""A short, typed client of MemOS: memory for language models and agents."""

from ._errors import MemosError, MemosUnreachable
from .aio import AsyncMemos
from .client import Memos

__all__ = ["AsyncMemos", "Memos", "MemosError", "MemosUnreachable"]
__version__ = "0.1.0"
