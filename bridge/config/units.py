"""How single values are written in the settings: lengths of time, sizes, addresses, paths, zones.

Not for: rules between two values; those are in ``rules.py``. Each reader here raises ``ValueError`` with a sentence
that shows the expected form.
"""

import difflib
import json
import os
import re
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo

_MICROSECONDS = {
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "min": 60_000_000,
    "s": 1_000_000,
    "ms": 1_000,
}
_BYTES = {"GiB": 1024**3, "MiB": 1024**2, "KiB": 1024}
_QUANTITY = re.compile(r"\s*(\d{1,15}(?:\.\d{1,15})?)\s*([A-Za-z]+)\s*", re.ASCII)
_SAID_IN_DAYS = timedelta(days=3)  # people say 48 h, and 90 d
_LONGEST = 36_500 * _MICROSECONDS["d"]
_LARGEST = 1024 * _BYTES["GiB"]
_MODE = re.compile(r"0?[0-7]{3}")
_LAST_PORT = 65_535
_IPV6 = 6

_LONGEST_SHOWN = 60

Network = IPv4Network | IPv6Network


def shown(value: object) -> str:
    """A value as it reads in TOML, cut when long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def parse_duration(text: str) -> timedelta:
    """The length of time that ``"0.3 s"``, ``"15 min"``, ``"30 d"`` name; to the microsecond."""
    microseconds = _quantity(text, _MICROSECONDS)
    if microseconds is None:
        raise ValueError(f'"{text}" is not a length of time; write a number and ms, s, min, h or d: "30 s"')
    if microseconds > _LONGEST:
        raise ValueError(f'"{text}" is longer than a hundred years')
    return timedelta(microseconds=round(microseconds))


def format_duration(length: timedelta) -> str:
    """The text that :func:`parse_duration` reads, in the largest unit that needs no fraction; else in ms."""
    microseconds = length // timedelta(microseconds=1)
    if microseconds == 0:
        return "0 s"
    units = dict(_MICROSECONDS)
    if length < _SAID_IN_DAYS:
        del units["d"]
    return _shown(microseconds, units)


def parse_size(text: str) -> int:
    """The bytes that ``"8 MiB"`` names."""
    size = _quantity(text, _BYTES)
    if size is None:
        raise ValueError(f'"{text}" is not a size; write a number and KiB, MiB or GiB: "8 MiB"')
    if size > _LARGEST or size != round(size):
        raise ValueError(f'"{text}" is not a whole number of bytes up to 1024 GiB')
    return round(size)


def format_size(size: int) -> str:
    """The text that :func:`parse_size` reads."""
    return _shown(size, _BYTES)


def _quantity(text: str, units: dict[str, int]) -> Decimal | None:
    found = _QUANTITY.fullmatch(text)
    return Decimal(found[1]) * units[found[2]] if found and found[2] in units else None


def _shown(amount: int, units: dict[str, int]) -> str:
    unit = next((name for name, worth in units.items() if amount % worth == 0), list(units)[-1])
    return f"{(Decimal(amount) / units[unit]).normalize():f} {unit}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener listens; port 0 lets the system choose."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can connect."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        """The address as it is written: ``127.0.0.1:8080``, ``[::1]:8080``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """The listener that ``"127.0.0.1:8080"`` or ``"[::1]:8080"`` names."""
    host, _, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    plain = host[1:-1] if bracketed else host
    if not _is_host(plain, bracketed=bracketed) or not (port.isascii() and port.isdigit()):
        raise ValueError(f'"{text}" is not an address; write host:port: "127.0.0.1:8080" or "[::1]:8080"')
    if int(port) > _LAST_PORT:
        raise ValueError(f"{port} is not a port; ports go up to {_LAST_PORT}")
    return Address(plain, int(port))


def _is_host(host: str, *, bracketed: bool) -> bool:
    try:
        return (ip_address(host).version == _IPV6) is bracketed
    except ValueError:
        return not bracketed and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", host) is not None


def parse_network(text: str) -> Network:
    """The addresses that ``"203.0.113.0/24"`` or a single address stands for."""
    try:
        return ip_network(text)
    except ValueError:
        meant = _network_around(text)
    if meant:
        raise ValueError(f'"{text}" names an address inside a network; write "{meant}"')
    raise ValueError(f'"{text}" is not a network; write "203.0.113.0/24" or a single address')


def _network_around(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Shown:
    """Marks a type with the way back: from its value to the text of the file."""

    text: Callable[[Any], str]


def _quoted(read: Callable[[str], object], expected: str) -> BeforeValidator:
    """Read text by ``read``; a value of any other type is told what is expected."""

    def reader(value: object) -> object:
        if not isinstance(value, str):
            raise ValueError(f"expects {expected}, not {shown(value)}")  # noqa: TRY004  pydantic gathers only ValueError
        return read(value)

    return BeforeValidator(reader)


def _absolute(value: object, info: ValidationInfo) -> object:
    if value == "":
        raise ValueError("is empty; write a path")
    if isinstance(value, str | Path):
        home: Path = info.context or Path.cwd()
        return Path(os.path.normpath(home / value))
    if value is None:
        return None
    raise ValueError(f'expects a path in quotes, like "var/bridge.db", not {shown(value)}')


def _no_path(value: object) -> object:
    return None if value == "" else value


def _mode(text: str) -> int:
    if not _MODE.fullmatch(text):
        raise ValueError(f'"{text}" is not a file mode; write three octal digits after a zero: "0640"')
    return int(text, 8)


def _zone(text: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as cause:
        near = difflib.get_close_matches(text, zoneinfo.available_timezones(), n=1)
        advice = f'did you mean "{near[0]}"?' if near else 'write one like "Europe/Stockholm"'
        raise ValueError(f'"{text}" is not a time zone; {advice}') from cause


def _some_time(length: timedelta) -> timedelta:
    if not length:
        raise ValueError('must be longer than nothing: "2 s"')
    return length


def _some_bytes(size: int) -> int:
    if size < 1:
        raise ValueError('must be more than nothing: "8 MiB"')
    return size


def _networks(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f'expects a list, like ["203.0.113.0/24"], not {shown(value)}')
    return tuple(parse_network(item) for item in value)


def parse_url(text: str) -> str:
    """The web address that a text is, without a slash at its end."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f'"{text}" is not a web address; write one that begins with https:// or http://')
    return text.rstrip("/")


def _webhook(value: object) -> object:
    """An address with a key in it, so no message repeats it."""
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str):
        raise ValueError('expects an address in quotes, like "https://hooks.example.com/..."')  # noqa: TRY004  as above
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError('is not a web address; write one that begins with https://, or "" for none')
    return SecretStr(value)


def _url_path(text: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", text):
        raise ValueError(f'"{text}" is not a path of an address; write it like "/orders"')
    return text


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", text):
        raise ValueError(f'"{text}" is no part of a Norce address; small letters, digits and -, like "acme"')
    if text == "production":
        raise ValueError('"production" is called "prod" at Norce')
    return text


def _scope(text: str) -> str:
    return " ".join(_slug(name) for name in text.split()) or _slug("")


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


def frozen_list(value: object) -> object:
    """A list as a tuple, since what is read never changes; anything else as it is."""
    return tuple(value) if isinstance(value, list) else value


Duration = Annotated[
    timedelta, _quoted(parse_duration, 'a length of time in quotes, like "30 s"'), Shown(format_duration)
]
SomeTime = Annotated[Duration, AfterValidator(_some_time)]
Size = Annotated[
    int, _quoted(parse_size, 'a size in quotes, like "8 MiB"'), AfterValidator(_some_bytes), Shown(format_size)
]
FileMode = Annotated[int, _quoted(_mode, 'a file mode in quotes, like "0640"'), Shown(lambda mode: f"{mode:04o}")]
Listen = Annotated[Address, _quoted(parse_address, 'an address in quotes, like "127.0.0.1:8080"')]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_networks)]
Zone = Annotated[zoneinfo.ZoneInfo, _quoted(_zone, 'a time zone in quotes, like "Europe/Stockholm"')]
FilePath = Annotated[Path, BeforeValidator(_absolute), Field(validate_default=True)]
MaybePath = Annotated[
    Path | None,
    BeforeValidator(_absolute),
    BeforeValidator(_no_path),  # the last one runs first
    Field(validate_default=True),
]
Url = Annotated[str, AfterValidator(parse_url)]
SecretUrl = Annotated[SecretStr, BeforeValidator(_webhook)]
UrlPath = Annotated[str, AfterValidator(_url_path)]
Slug = Annotated[str, AfterValidator(_slug)]
Scope = Annotated[str, AfterValidator(_scope)]
Filled = Annotated[str, AfterValidator(_filled)]
Names = Annotated[tuple[str, ...], BeforeValidator(frozen_list)]
