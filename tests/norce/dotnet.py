"""A program that reads and writes orders with .NET's own DataContractSerializer; its classes are made of the contract.

Not for: deciding what is right; it is a second opinion on our XML that shares no line with ours.
"""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bridge.norce.namespaces import ORDER, PROMOTION
from tests.norce.contract import Contract, inner_class, reachable

_TYPES = {"string": "string", "integer|string": "string", "any": "string", "guid": "Guid"}
_VALUES = {"boolean": "bool", "integer": "int", "number": "decimal", "datetime": "DateTime"}
_ORDER_TYPES = ("Order", "PurchaseOrder", "RecurringOrder", "RecurringOrderTemplate", "ExternalOrder")
_MAIN = """
public static class Program {
  public static void Main(string[] args) {
    var kind = args[0] == "OrderRequest" ? typeof(OrderRequest) : typeof(OrderResponse);
    var serializer = new DataContractSerializer(kind, args[0], "%s");
    var read = serializer.ReadObject(XmlReader.Create(Console.OpenStandardInput()));
    using (var writer = XmlWriter.Create(Console.OpenStandardOutput())) serializer.WriteObject(writer, read);
  }
}
"""


def build(contract: Contract, folder: Path) -> Path:
    """Compiles the program into `folder` and returns it."""
    source, program = folder / "orders.cs", folder / "orders.exe"
    source.write_text("\n".join(_source(contract)))
    libraries = ["-r:System.Runtime.Serialization.dll", "-r:System.Xml.dll"]
    subprocess.run(["mcs", "-warn:0", *libraries, f"-out:{program}", str(source)], check=True, capture_output=True)
    return program


def read_and_written(program: Path, root: str, body: bytes) -> bytes:
    """The document after .NET read it into its classes and wrote them again."""
    environment = {"PATH": "/usr/bin:/bin", "TZ": "UTC", "HOME": str(program.parent)}
    done = subprocess.run(["mono", str(program), root], input=body, capture_output=True, check=True, env=environment)
    return done.stdout


def _source(contract: Contract) -> Iterator[str]:
    yield "using System; using System.Collections.Generic; using System.Runtime.Serialization; using System.Xml;"
    yield f'[DataContract(Namespace="{ORDER}")] public enum OrderType {{'
    yield ", ".join(f"[EnumMember] {name} = {number}" for number, name in enumerate(_ORDER_TYPES, 1))
    yield "}"
    for name in (*reachable(contract), "OrderResponse"):
        yield from _class(contract, name)
    yield _MAIN % ORDER


def _class(contract: Contract, name: str) -> Iterator[str]:
    namespace = PROMOTION if name == "Promotion" else ORDER
    yield f'[DataContract(Namespace="{namespace}")] public class {name} {{'
    lists = []
    for field, facts in contract[name].items():
        if facts["xml_order"] is None:
            continue
        kind = _kind(contract, name, field, facts)
        if facts["type"].startswith("array<"):
            lists.append((f"{name}{field}", kind, facts["xml_item"]))
            kind = f"{name}{field}"
        yield f'  [DataMember(Name="{field}", Order={facts["xml_order"]})] public {kind} _{field};'
    yield "}"
    for collection, kind, item in lists:
        about = f'CollectionDataContract(Name="{collection}", ItemName="{item}", Namespace="{ORDER}")'
        yield f"[{about}] public class {collection} : List<{kind}> {{}}"


def _kind(contract: Contract, name: str, field: str, facts: Mapping[str, Any]) -> str:
    inner = inner_class(facts["type"])
    if (name, field) == ("OrderRequest", "OrderType"):
        return "OrderType"
    if field == "InternalProductId":
        return "int"
    if inner in contract:
        return inner
    if inner in _VALUES:
        return _VALUES[inner] + ("?" if facts["nullable"] else "")
    return _TYPES[inner] + ("?" if inner == "guid" else "")
