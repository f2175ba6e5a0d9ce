"""Regular expressions of promote.yaml, searched for in tags by a process that is stopped where that takes too long.

Python's own engine may need longer than the universe is old for a pattern of ten characters.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from promote.errors import ConfigError, TimedOut
from promote.system import process
from promote.yamltext import reader

_SECONDS = 30  # 100,000 tags take less than one, unless the machine is busy
_MEMORY = 256 << 20  # bytes; 100,000 tags need less than a tenth of it
_PROGRAM = """
import json, re, sys
given = json.load(sys.stdin.buffer)
search = re.compile(given["pattern"], re.ASCII).search
json.dump([found and found[given["group"]] for found in map(search, given["texts"])], sys.stdout)
"""


def found(pattern: str, group: str, tags: Sequence[str], what: str) -> list[str | None]:
    """What the named group of a valid pattern has in each of the tags, None where the pattern is not found.

    Raises ConfigError, which begins with `what`, for a pattern that takes too much time or memory.
    """
    asked = json.dumps({"pattern": pattern, "group": group, "texts": list(tags)}).encode()
    # Isolated: neither the current folder nor a variable can bring along other code.
    program = [sys.executable, "-I", "-S", "-W", "ignore", "-c", _PROGRAM]
    limit = f"a search for it in {len(tags):,} tags"
    try:
        done = process.run(program, stdin=asked, timeout=_SECONDS, memory=_MEMORY)
    except TimedOut:
        raise ConfigError(
            f"{what}: {limit} takes longer than {_SECONDS} s: write a simpler pattern, without repetitions within "
            "repetitions"
        ) from None
    if done.code != 0:
        raise ConfigError(f"{what}: {limit} needs too much memory or fails: write a simpler pattern")
    answer: list[str | None] = reader.from_json(done.stdout)
    return answer
