"""Every key of a TOML text is found on its line, however the text is laid out."""

import tomllib
from collections.abc import Iterator

from hypothesis import given, strategies as st

from bridge.config.lines import Place, find_lines, is_inside_inline_table

TEXT = '''\
# a comment with [brackets] = and "quotes
top = 1                           # 2
"quoted.key" = """
[not.a.table]
not_a_key = 1
"""
[one]                             # 7
a.b = 'it''s'
list = [                          # 9
  "x", # ] no end
  [1, 2],
  { name = "n", deep = { er = 1 } },   # 12
]
date = 1979-05-27 07:32:00        # 14

[[many.items]]                    # 16
name = "first"
[many.items.sub]                  # 18
k = 1
[[many.items]]                    # 20
name = "second"
  [ spaced . "table key" ]        # 22
  x="\\" # no comment"
  y = \'\'\'
[x]
\'\'\'
[last]                            # 27
end = true
'''.replace("'it''s'", "'it'")


def places_of(value: object, place: Place = ()) -> Iterator[Place]:
    """Each place of a parsed document."""
    if place:
        yield place
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        yield from places_of(item, (*place, key))


def test_each_key_is_found_on_its_line() -> None:
    expected: dict[Place, int] = {
        ("top",): 2,
        ("quoted.key",): 3,
        ("one",): 7,
        ("one", "a", "b"): 8,
        ("one", "list", 2, "name"): 12,
        ("one", "list", 2, "deep", "er"): 12,
        ("one", "list", 1, 1): 11,
        ("one", "date"): 14,
        ("many", "items", 0): 16,
        ("many", "items", 0, "sub", "k"): 19,
        ("many", "items", 1, "name"): 21,
        ("spaced", "table key", "x"): 23,
        ("spaced", "table key", "y"): 24,
        ("last", "end"): 28,
    }

    lines = find_lines(TEXT)

    assert {place: lines.keys.get(place) for place in expected} == expected


def test_no_place_is_found_that_does_not_exist_and_none_is_missed() -> None:
    parsed = set(places_of(tomllib.loads(TEXT)))

    found = set(find_lines(TEXT).keys)

    assert found == parsed


def test_a_place_that_is_not_written_has_the_line_of_what_is_around_it() -> None:
    lines = find_lines("[a]\nx = 1\n")

    near, nowhere = lines.line_of(("a", "y", 3)), lines.line_of(("b", "y"))

    assert (near, nowhere) == (1, None)


def test_the_innermost_table_with_a_header_is_told() -> None:
    lines = find_lines("[a]\nx.y = 1\n[[a.b]]\nk = 1\n")

    tables = [lines.table_of(place) for place in (("a", "x", "y"), ("a", "b", 0, "k"), ("c",))]

    assert tables == [("a",), ("a", "b", 0), ()]


VALUES = st.recursive(
    st.sampled_from(["1", "true", '"a # [b"', "'c ] }'", '"""d\n"e" ]\n"""', "'''\n[f]\n'''", "1.5", "2020-01-01"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n".join(items) + " # x\n]"),
    max_leaves=6,
)


@given(st.lists(VALUES, max_size=8))
def test_whatever_the_values_look_like_the_next_key_is_found(values: list[str]) -> None:
    text = ""
    expected = {}
    for number, value in enumerate(values):
        expected[(f"key{number}",)] = text.count("\n") + 1
        text += f"key{number} = {value}\n"

    found = find_lines(text).keys

    assert {place: line for place, line in found.items() if len(place) == 1} == expected


def test_an_open_inline_table_is_noticed() -> None:
    texts = ["a = {", 'a = { b = "}"', "a = { b = 1 }", "a = [ {}, ", "# {"]

    inside = [is_inside_inline_table(text, len(text)) for text in texts]

    assert inside == [True, True, False, False, False]
