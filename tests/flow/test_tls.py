"""The orders listener speaks HTTPS by itself when it has a certificate."""

import datetime as dt
import ssl
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.flow.bridge_process import AUTHORIZATION, SAMPLES, BridgeFolder

pytestmark = pytest.mark.timeout(30)


def make_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bridge")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = folder / "key.pem"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    private.chmod(0o600)
    return path


async def test_an_order_is_taken_over_https_and_not_in_the_clear(bridge: BridgeFolder) -> None:
    certificate = make_certificate(bridge.folder)
    bridge.configure(receiver='tls_certificate = "certificate.pem"\ntls_key = "key.pem"')
    trusted = ssl.create_default_context(cafile=str(certificate))
    body = (SAMPLES / "order.json").read_bytes()
    headers = {"Authorization": AUTHORIZATION, "Content-Type": "application/json"}

    async with bridge.running(), aiohttp.ClientSession(headers=headers) as session:
        url = f"https://127.0.0.1:{bridge.orders_port}/orders"
        async with session.post(url, data=body, ssl=trusted) as response:
            answer = await response.json()
        with pytest.raises(aiohttp.ClientError):
            await session.post(url.replace("https", "http"), data=body)

    assert answer["StatusCode"] == "OK"
