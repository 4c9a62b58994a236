"""A child process that lets a foreign grammar judge X12 files; it imports nothing of the bridge.

A line in is a JSON text: a file. A line out is a JSON list: what is wrong with it. ``bots`` has the grammars of 004010,
``pyx12`` that of the 997. Not for: being imported.
"""

import io
import json
import logging
import sys
from importlib import import_module


def by_bots(text: str) -> list[str]:
    parser, grammar = import_module("edi_parser"), import_module("edi_parser.core.grammar")
    grammar.x12.defaultsyntax["allow_flexible_optional_order"] = False  # both, or the sequence is not judged
    found = parser.parse_edi(
        content=text,
        editype="x12",
        messagetype="x12",
        field_validation_mode="strict",
        allow_flexible_optional_order=False,
    )
    errors = [str(error) for error in found["errors"]]
    return errors or ([] if found["success"] else ["it is refused without a word"])


def by_pyx12(text: str) -> list[str]:
    params, document = import_module("pyx12.params"), import_module("pyx12.x12n_document")
    out = io.StringIO()
    is_right = document.x12n_document(params.params(), io.StringIO(text), out, None, None)
    return [] if is_right else [out.getvalue() or "it is refused"]


def main() -> None:
    logging.disable(logging.CRITICAL)
    judge = {"bots": by_bots, "pyx12": by_pyx12}[sys.argv[1]]
    for line in sys.stdin:
        sys.stdout.write(json.dumps(judge(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
