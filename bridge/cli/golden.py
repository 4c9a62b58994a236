"""Golden files: orders with the file that each must become, answers with what each must mean; tests for a merchant.

They lie in ``golden/TARGET`` beside the settings: ``NAME.order.json`` or ``NAME.order.xml`` with ``NAME.out``,
``NAME.answer`` or ``NAME.answer.EXT`` with ``NAME.read.json``. An order counts as received when it was sent, with
control number 1; an answer holds what would be reported, also while nothing is, and today is a fixed day. Not for:
making such files; ``preview --as-sent`` and ``read --as-sent --json`` print them.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from bridge.cli._globals import given
from bridge.cli.trying import document_of, rendered, understood
from bridge.config import Config
from bridge.config.targets import Target
from bridge.errors import BridgeError
from bridge.ops.checks import Check, Mark

FOLDER = "golden"
_ORDERS = (".order.json", ".order.xml")
_AROUND = 30
_LAYOUT = f"Put NAME.order.json with NAME.out, and NAME.answer with NAME.read.json, into {FOLDER}/TARGET"


def check_golden(config: Config, settings: Path | None) -> list[Check]:
    """One line a golden file beside the settings; none at all is bad, since it would be a check that cannot fail."""
    home = (settings.parent if settings else Path()) / FOLDER
    found = [one for folder in _folders(home) for one in _of_folder(folder, config)]
    return found or [Check(Mark.BAD, FOLDER, f"no golden file in {home}", _LAYOUT)]


def _folders(home: Path) -> Sequence[Path]:
    return sorted(one for one in home.iterdir() if one.is_dir()) if home.is_dir() else ()


def _of_folder(folder: Path, config: Config) -> Iterator[Check]:
    target = config.targets.get(folder.name)
    if target is None:
        known = ", ".join(config.targets)
        yield Check(Mark.BAD, f"{FOLDER} {folder.name}", "there is no such target", f"Rename the folder: {known}")
        return
    expected = {one.name for one in folder.iterdir() if one.name.endswith((".out", ".read.json"))}
    for file in sorted(one for one in folder.iterdir() if one.is_file() and one.name not in expected):
        answer = _answer_name(file.name)
        order = next((file.name.removesuffix(end) for end in _ORDERS if file.name.endswith(end)), None)
        name = f"{FOLDER} {folder.name}/{file.name}"
        if order is not None:
            yield _of_order(name, file, (folder / f"{order}.out", config, target))
        elif answer is not None:
            yield _of_answer(name, file, (folder / f"{answer}.read.json", config, target))
        else:
            yield Check(Mark.BAD, name, "neither an order nor an answer by its name", _LAYOUT)
        expected -= {f"{order}.out", f"{answer}.read.json"}
    for rest in sorted(expected):
        yield Check(Mark.BAD, f"{FOLDER} {folder.name}/{rest}", "nothing that it belongs to", _LAYOUT)


def _answer_name(name: str) -> str | None:
    stem, mark, _ = name.partition(".answer")
    return stem if mark and stem and (name.endswith(".answer") or name.startswith(f"{stem}.answer.")) else None


def _of_order(name: str, file: Path, about: tuple[Path, Config, Target]) -> Check:
    expected, config, target = about
    make = f"{_command()} preview {file} --as-sent --target {target.name} > {expected}"
    try:
        made = rendered(file.read_bytes(), config, target, dated=True)
    except BridgeError as error:
        return Check(Mark.BAD, name, error.message, error.hint)
    return _compared(name, made, expected, make)


def _of_answer(name: str, file: Path, about: tuple[Path, Config, Target]) -> Check:
    expected, config, target = about
    make = f"{_command()} read {file} --as-sent --target {target.name} --json > {expected}"
    told = document_of(file, understood(file.read_bytes(), target), config, dated=True)
    return _compared(name, _lines_of(told), expected, make, is_document=True)


def _command() -> str:
    """How the settings of this check are named to another verb."""
    config = given().config
    return "erp-bridge" if config is None else f"erp-bridge -c {config}"


def _lines_of(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _compared(name: str, made: bytes, expected: Path, make: str, *, is_document: bool = False) -> Check:
    if not expected.is_file():
        return Check(Mark.BAD, name, f"{expected.name} is missing", f"Look at it, then keep it: {make}")
    wanted = expected.read_bytes()
    if is_document:
        try:
            wanted = _lines_of(json.loads(wanted))
        except ValueError:
            return Check(Mark.BAD, name, f"{expected.name} is not JSON", f"Make it anew: {make}")
    if made == wanted:
        return Check(Mark.OK, name, f"as {expected.name} has it")
    return Check(Mark.BAD, name, _difference(made, wanted), f"Mend the settings, or when it is meant so: {make}")


def _difference(made: bytes, wanted: bytes) -> str:
    """The first line that differs, both ways, from a little before the first byte that does."""
    pairs = zip_longest(made.splitlines(keepends=True), wanted.splitlines(keepends=True), fillvalue=b"")
    number, (ours, theirs) = next((at, pair) for at, pair in enumerate(pairs, 1) if pair[0] != pair[1])
    same = next((at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other), None)
    at = min(len(ours), len(theirs)) if same is None else same
    return f"line {number}, byte {at + 1}: expected {_shown(theirs, at)}, and it is {_shown(ours, at)}"


def _shown(line: bytes, at: int) -> str:
    if not line:
        return "no such line"
    start = max(0, at - _AROUND)
    text = line[start : at + _AROUND].decode("utf-8", "backslashreplace")
    before, after = "…" if start else "", "…" if at + _AROUND < len(line) else ""
    return f'"{before}{json.dumps(text, ensure_ascii=False)[1:-1]}{after}"'
