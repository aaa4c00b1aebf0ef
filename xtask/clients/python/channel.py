"""What the tests of each client share: a channel of their own, and assertions that PyJWT signs."""

import json
import os
import time
import urllib.request

import jwt

BASE_URL = os.environ["LINE_API_BASE_URL"]
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANT = "client_credentials"


class Channel:
    def __init__(self, id, secret, kid, private_key):
        self.id, self.secret, self.kid, self.private_key = id, secret, kid, private_key

    def assertion(self, header=None, **claims):
        """An assertion as LINE describes it; what is given replaces members."""
        usual = {
            "iss": self.id,
            "sub": self.id,
            "aud": "https://api.line.me/",
            "exp": int(time.time()) + 300,
            "token_exp": 86_400,
        }
        headers = {"kid": self.kid} | (header or {})
        return jwt.encode(usual | claims, self.private_key, algorithm="RS256", headers=headers)

    def refused_assertions(self):
        """Assertions that are refused, and what the emulator says of each."""
        now = int(time.time())
        return [
            (self.assertion(exp=now - 60), 400, {"error": "invalid_client", "error_description": "Invalid exp"}),
            (self.assertion(aud="https://api.line.me"), 400, {"error": "invalid_client", "error_description": "Invalid aud"}),
            (
                self.assertion(header={"kid": "00000000-0000-0000-0000-000000000000"}),
                404,
                {"message": "Cannot find channel key that satisfies the conditions"},
            ),
        ]


def configured_channel():
    """The one whose key `line-channel-token keygen` made."""
    names = ("LINE_CHANNEL_ID", "LINE_CHANNEL_SECRET", "LINE_ASSERTION_KID", "LINE_ASSERTION_KEY")
    return Channel(*(os.environ[name] for name in names))


def new_channel():
    """A new channel with a key that the emulator makes, so that tests run at the same time without seeing each other."""
    made = control("channels", {"generate_key": True})
    return Channel(made["channel"]["id"], made["secret"], made["key"]["kid"], made["key"]["private_key"])


def control(path, body):
    """Calls the emulator's control API."""
    url = f"{BASE_URL}/_emulator/{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)
