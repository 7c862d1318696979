"""Strategies for hostile input: what is nearly right, and what is not at all."""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

HUGE = 10**400
TEXTS = (
    *("", " ", "\0", "\n", "..", "../../x", "/etc/passwd", "con:", "~", "%2e%2e%2f", "a" * 10_000),
    *("\u202ex", "\ud800", "\ufffd", "é" * 50, "\U0001f600", "<script>", "{{7*7}}", "${x}", "`x`"),
    *("nan", "inf", "-1", "1e999", "0x10", "1_000", "٣", "\uff19", "9" * 30, "9" * 5000, "true"),
    *(
        "null",
        "Model5",
        "last",
        "config.json",
        "resume.safetensors",
        "__class__",
        "x,y,z",
        ",",
        "[",
        "{",
    ),
)
NUMBERS = (-1, 0, 1, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, HUGE, -HUGE, 1e308, -1e308, 5e-324, 0.5)
TOKENS = (
    *(b"\0", b"\n", b"\r\n", b"\xff", b"\xef\xbb\xbf", b"[" * 3000, b"{" * 500, b'"', b"'", b"\\"),
    *(b"nan", b"null", b"1e999", b"9" * 5000, b"-", b".", b"a." * 500, b"= ", b"[[", b"]]", b'"""'),
    *(b"1979-05-27", b"\\ud800", b"\xed\xa0\x80", b"\xe2\x80\xae", b",", b"#", b"\x80" * 9),
)

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=12))
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 99), st.sampled_from(NUMBERS), st.floats(), texts
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every value inside, and to the whole."""
    yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*path, key))


@st.composite
def changed(draw: st.DrawFn, sample: Any, most: int = 3) -> Any:
    """A JSON value with a few parts replaced, dropped, doubled or added."""
    value = deepcopy(sample)
    for _ in range(draw(st.integers(0, most))):
        *way, last = ("", *draw(st.sampled_from(list(places(value)))))
        if not way:
            value = draw(st.just(value) | values)
            continue
        holder = value
        for key in way[1:]:
            holder = holder[key]
        match draw(st.sampled_from(("replace", "replace", "drop", "add"))):
            case "replace":
                holder[last] = draw(values)
            case "drop":
                del holder[last]
            case "add" if isinstance(holder, dict):
                holder[draw(texts)] = draw(values)
            case _:
                holder.append(draw(values))
    return value


@st.composite
def cut_up(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """Bytes that were right, after a few cuts, copies, flips and odd tokens."""
    content = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        end = min(len(content), at + draw(st.integers(0, 40)))
        match draw(st.sampled_from(("flip", "drop", "insert", "token", "copy", "end"))):
            case "flip" if at < len(content):
                content[at] = draw(st.integers(0, 255))
            case "drop":
                del content[at:end]
            case "insert":
                content[at:at] = draw(st.binary(max_size=8))
            case "token":
                content[at:end] = draw(st.sampled_from(TOKENS))
            case "copy":
                content[at:at] = content[at:end] * draw(st.integers(1, 50))
            case _:
                del content[at:]
    return bytes(content)


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def json_of(sample: Any) -> st.SearchStrategy[bytes]:
    """JSON that is nearly a sample's: by its values, or by its bytes."""
    return st.one_of(
        changed(sample).map(as_json), cut_up([as_json(sample)]), st.binary(max_size=40)
    )


def as_toml(value: Any) -> bytes:
    """Write values as TOML, nearly: what it cannot hold becomes something that it cannot read."""
    if not isinstance(value, dict):
        return as_json(value)
    plain = {key: each for key, each in value.items() if not isinstance(each, dict)}
    lines = [f"{json.dumps(key)} = {_toml(each)}" for key, each in plain.items()]
    for key, table in value.items():
        if isinstance(table, dict):
            lines.append(f"[{json.dumps(key)}]")
            lines += [f"{json.dumps(name)} = {_toml(each)}" for name, each in table.items()]
    return "\n".join(lines).encode()


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value).replace("NaN", "nan").replace("Infinity", "inf")
