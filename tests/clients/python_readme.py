"""Runs the examples of clients/python/README.md, one after the other, against a real server."""

import os
import re
from pathlib import Path

URL = os.environ["MEMOS_URL"]

readme = Path(__file__).parents[2] / "clients/python/README.md"
blocks = re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
assert len(blocks) == 4, len(blocks)
for block in blocks:
    # The server of a reader has the default address.
    here = block.replace("http://127.0.0.1:7777", URL).replace("Memos(cube=", f"Memos({URL!r}, cube=")
    assert here != block, block
    exec(compile(here, str(readme), "exec"), {})
print("ok")
