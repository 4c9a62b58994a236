"""A child process that lets a foreign grammar judge X12 files; it imports nothing of the bridge.

A line in is a JSON text: a file. A line out is a JSON list: what is wrong with it. ``bots`` has the grammars of 004010,
``pyx12`` that of the 997. Not for: being imported.
"""

import io
import json
import logging
import sys


def by_bots(text: str) -> list[str]:
    from edi_parser import parse_edi  # noqa: PLC0415  # not in the process of the tests: it is GPL
    from edi_parser.core import grammar  # noqa: PLC0415  # the same

    grammar.x12.defaultsyntax["allow_flexible_optional_order"] = False  # both, or the sequence is not judged
    found = parse_edi(
        content=text,
        editype="x12",
        messagetype="x12",
        field_validation_mode="strict",
        allow_flexible_optional_order=False,
    )
    errors = [str(error) for error in found["errors"]]
    return errors or ([] if found["success"] else ["it is refused without a word"])


def by_pyx12(text: str) -> list[str]:
    from pyx12.params import params  # noqa: PLC0415  # the same
    from pyx12.x12n_document import x12n_document  # noqa: PLC0415

    out = io.StringIO()
    is_right = x12n_document(params(), io.StringIO(text), out, None, None)
    return [] if is_right else [out.getvalue() or "it is refused"]


def main() -> None:
    logging.disable(logging.CRITICAL)
    judge = {"bots": by_bots, "pyx12": by_pyx12}[sys.argv[1]]
    for line in sys.stdin:
        sys.stdout.write(json.dumps(judge(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
