"""Judges of UBL orders that we did not write: OASIS's schemas, and the rules of Peppol as compiled for XSLT.

Both lie beside the project (``shared/formats``), for tests only; without them the judges cannot be had.
"""

import importlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

FORMATS = Path(__file__).parents[3] / "shared" / "formats"
SCHEMAS = FORMATS / "ubl21-xsd"
PEPPOL = FORMATS / "peppol-ordering-2026.5"
EXAMPLES = PEPPOL / "examples"
_FAILED = re.compile(r"<svrl:failed-assert\b[^>]*>")


@cache
def _schema(kind: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / "maindoc" / f"UBL-{kind}-2.1.xsd"))


def schema_faults(content: bytes, kind: str = "Order") -> list[str]:
    """What OASIS's schema has against a document."""
    schema = _schema(kind)
    schema.validate(etree.fromstring(content))
    return [str(error) for error in schema.error_log]  # type: ignore[attr-defined]  # the stubs leave the log empty


@cache
def _rules(document: str) -> tuple[Any, Any]:
    saxonche = importlib.import_module("saxonche")  # a hundred megabytes, for these tests alone
    processor = saxonche.PySaxonProcessor(license=False)
    compiled = processor.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(PEPPOL / "xslt" / f"PEPPOLBIS-{document}.xslt")
    )
    return processor, compiled


def peppol_faults(content: bytes, document: str = "T01") -> list[str]:
    """The fatal rules of Peppol that a document breaks, by their names."""
    processor, compiled = _rules(document)
    report = compiled.transform_to_string(xdm_node=processor.parse_xml(xml_text=content.decode()))
    failed = [found for found in _FAILED.findall(report) if 'flag="fatal"' in found]
    return [found[1] if (found := re.search(r'\bid="([^"]+)"', one)) else one for one in failed]
