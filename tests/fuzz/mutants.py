"""Inputs made from inputs: two are crossed; parts are flipped, cut, copied or replaced.

Drawing an input takes hypothesis some milliseconds, and most readers a tenth of one. So hypothesis
draws a few that have the structure a reader wants, and each of them has many mutants.
"""

import json
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from tests.fuzz.odd import HUGE, NUMBERS, TEXTS, TOKENS, as_json, places

ODD = (None, True, False, "", [], {}, [[]], [None], {"": 0}, *NUMBERS, *TEXTS)
HEADER = 8  # bytes in which a safetensors file gives the length of its header


class Mutants:
    """Mutants of the inputs in a pool; the same `chance` makes the same ones."""

    def __init__(self, pool: Sequence[Any], chance: random.Random) -> None:
        self.pool, self.chance = pool, chance

    def one(self) -> Any:
        value = self.chance.choice(self.pool)
        if self.chance.random() < 0.5:
            value = self._crossed(value, self.chance.choice(self.pool))
        for _ in range(self.chance.choice((1, 1, 2, 4))):
            value = self._changed(value)
        return value

    def _crossed(self, mine: Any, other: Any) -> Any:
        """Take parts of one and parts of the other; what both have is there."""
        match mine, other:
            case dict(), dict():
                return {
                    key: self.chance.choice([each[key] for each in (mine, other) if key in each])
                    for key in dict.fromkeys((*mine, *other))
                    if (key in mine and key in other) or self.chance.random() < 0.5
                }
            case tuple(), tuple() if len(mine) == len(other):
                return tuple(map(self.chance.choice, zip(mine, other, strict=True)))
            case (list(), list()) | (str(), str()) | (bytes(), bytes()):
                at, end = (self.chance.randint(0, len(each)) for each in (mine, other))
                return mine[:at] + other[end:]
        return mine

    def _changed(self, value: Any) -> Any:
        """Change one part; it keeps its type, as the parts of a request do."""
        match value:
            case bytes():
                return self._bytes(value)
            case str():
                return self._bytes(value.encode("utf-8", "surrogatepass")).decode(
                    "utf-8", "replace"
                )
            case bool():
                return not value
            case int():
                return self.chance.choice((value + 1, value - 1, -value, 0, 2**31, 2**63, HUGE))
            case float():
                return self.chance.choice((value / 3, -value, 0.0, 1e308, 5e-324, float("nan")))
            case dict() if value:
                key = self.chance.choice(list(value))
                return {**value, key: self._changed(value[key])}
            case tuple() | list() if value:
                at = self.chance.randrange(len(value))
                return type(value)((*value[:at], self._changed(value[at]), *value[at + 1 :]))
        return value

    def _bytes(self, content: bytes) -> bytes:
        """Change bytes: by what they say where that can be read, or as bytes."""
        if self.chance.random() < 0.6:
            with suppress(ValueError, RecursionError):
                return self._by_what_it_says(content)
        return self._cut(content)

    def _by_what_it_says(self, content: bytes) -> bytes:
        """Change JSON, a line of JSON, or a header of JSON after its length; else ValueError."""
        lines = content.split(b"\n")
        length = int.from_bytes(content[:HEADER], "little")
        if content[:1] in b"[{" and len(lines) < 3:
            return as_json(self._json(json.loads(content)))
        if content[:1] == b"{":
            at = self.chance.randrange(len(lines))
            lines[at] = as_json(self._json(json.loads(lines[at])))
            return b"\n".join(lines)
        header = as_json(self._json(json.loads(content[HEADER : HEADER + length])))
        return len(header).to_bytes(HEADER, "little") + header + content[HEADER + length :]

    def _json(self, value: Any) -> Any:
        """Replace, drop, double or add one value in JSON that was just read."""
        *way, last = ("", *self.chance.choice(list(places(value))))
        if not way:
            return self._other(value, value)
        holder = value
        for key in way[1:]:
            holder = holder[key]
        match self.chance.choice(("change", "change", "drop", "add")):
            case "change":
                holder[last] = self._other(holder[last], value)
            case "drop":
                del holder[last]
            case "add" if isinstance(holder, dict):
                holder[self.chance.choice(TEXTS)] = self._other(holder[last], value)
            case _:
                holder.append(holder[last])
        return value

    def _other(self, part: Any, whole: Any) -> Any:
        """Make another value for a part: near it, odd, or one that stands elsewhere."""
        match self.chance.choice(("near", "odd", "elsewhere")):
            case "near":
                return self._changed(part)
            case "odd":
                return self.chance.choice(ODD)
        for key in self.chance.choice(list(places(whole))):
            whole = whole[key]
        return json.loads(json.dumps(whole))

    def _cut(self, content: bytes) -> bytes:
        chance = self.chance
        at = chance.randint(0, len(content))
        end = min(len(content), at + chance.choice((1, 1, 2, 4, 8, 40)))
        before, piece, after = content[:at], content[at:end], content[end:]
        match chance.choice(("flip", "set", "drop", "insert", "token", "copy", "move", "end")):
            case "flip" if piece:
                return before + bytes([piece[0] ^ 1 << chance.randrange(8)]) + content[at + 1 :]
            case "set":
                return before + chance.randbytes(len(piece)) + after
            case "drop":
                return before + after
            case "insert":
                return before + chance.randbytes(chance.randint(1, 8)) + content[at:]
            case "token":
                return before + chance.choice(TOKENS) + after
            case "copy":
                return before + piece * chance.choice((2, 2, 3, 50)) + after
            case "move":
                to = chance.randint(0, len(before))
                return before[:to] + piece + before[to:] + after
        return before
