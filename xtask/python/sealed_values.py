"""Sealed values, by the program in the guide and the AES-GCM-SIV and HKDF of the package cryptography.

    sealed_values.py check GUIDE VECTORS    opens each of the vectors with the guide's program
    sealed_values.py make                   writes vectors that Python has sealed, for the tests of line-channel-token-cache
"""

import base64
import json
import os
import re
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def seal(key_id, key, store_key, value, nonce=None):
    """The format, written a second time, from its documentation."""
    derived = HKDF(hashes.SHA256(), 40, None, b"line-channel-token sealed value 1").derive(key)
    header = b"LCTS\x01" + derived[32:]
    for text in (key_id, store_key):
        header += bytes([len(text)]) + text.encode("ascii")
    nonce = nonce or os.urandom(12)
    return header + nonce + AESGCMSIV(derived[:32]).encrypt(nonce, value, header)


def guide_program(guide):
    with open(guide, encoding="utf-8") as page:
        programs = re.findall(r"^```python\n(.*?)^```", page.read(), re.DOTALL | re.MULTILINE)
    program = next(program for program in programs if "def open_sealed(" in program)
    names = {"__name__": "guide"}
    exec(compile(program, guide, "exec"), names)
    return names["open_sealed"]


def check(guide, vectors):
    open_sealed = guide_program(guide)
    with open(vectors, encoding="utf-8") as file:
        vectors = json.load(file)
    for vector in vectors:
        sealed, store_key = bytes.fromhex(vector["sealed"]), vector["store_key"]
        value = open_sealed(vector["key"], store_key, sealed)
        assert value == bytes.fromhex(vector["value"]), vector
        # Each byte counts: no change of one opens.
        for at in range(len(sealed)):
            changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
            try:
                open_sealed(vector["key"], store_key, changed)
            except (InvalidTag, ValueError):
                continue
            raise AssertionError(f"a change at {at} opens: {vector}")
        again = seal(vector["key"].split(":")[0], key_bytes(vector["key"]), store_key, value, nonce_of(sealed))
        assert again == sealed, vector
    print(f"{len(vectors)} sealed values, by {sorted({vector['by'] for vector in vectors})}: all as documented")


def key_bytes(text):
    return base64.b64decode(text.split(":")[1])


def nonce_of(sealed):
    length = sealed[13]
    start = 15 + length + sealed[14 + length]
    return sealed[start : start + 12]


def make():
    vectors = []
    for number, (key_id, store_key, value) in enumerate(
        [
            ("2026-11", "1234567890.jwt", b""),
            ("2026-11", "1234567890.jwt", b"a value"),
            ("k", "1234567890.short_lived", b"sixteen bytes ok"),
            ("k" * 64, "1234567890.jwt.49e33ba397c4117a", bytes(range(256))),
        ]
    ):
        key = bytes((7 * number + 13 * at + 129) % 256 for at in range(32))
        text = key_id + ":" + base64.b64encode(key).decode()
        sealed = seal(key_id, key, store_key, value)
        vectors.append({"by": "python", "key": text, "store_key": store_key, "value": value.hex(), "sealed": sealed.hex()})
    json.dump(vectors, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    {"check": check, "make": make}[sys.argv[1]](*sys.argv[2:])
