import json
import os
import time
import unittest
import urllib.request

import jwt
from linebot.v3.messaging import ApiClient, Configuration, MessagingApi
from linebot.v3.oauth import ApiClient as OAuthApiClient
from linebot.v3.oauth import ChannelAccessToken
from linebot.v3.oauth import Configuration as OAuthConfiguration
from linebot.v3.oauth.exceptions import ApiException

BASE_URL = os.environ.get("LINE_API_BASE_URL", "http://127.0.0.1:8787")

tokens = ChannelAccessToken(OAuthApiClient(OAuthConfiguration(host=BASE_URL)))


def emulator(path, body):
    url = f"{BASE_URL}/_emulator/{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


class TestWithEmulator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        made = emulator("channels", {"generate_key": True})  # for this class, so that others can run at the same time
        cls.id, cls.secret, cls.key = made["channel"]["id"], made["secret"], made["key"]

    def assertion(self):
        claims = {"iss": self.id, "sub": self.id, "aud": "https://api.line.me/", "exp": int(time.time()) + 300}
        claims["token_exp"] = 30 * 86_400
        return jwt.encode(claims, self.key["private_key"], algorithm="RS256", headers={"kid": self.key["kid"]})

    def bot(self, token):
        return MessagingApi(ApiClient(Configuration(host=BASE_URL, access_token=token)))

    def test_a_stateless_token_works(self):
        issued = tokens.issue_stateless_channel_token_by_client_secret(self.id, self.secret)
        self.assertTrue(self.bot(issued.access_token).get_bot_info().basic_id)

    def test_a_revoked_v2_1_token_is_refused(self):
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        issued = tokens.issue_channel_token_by_jwt("client_credentials", kind, self.assertion())
        tokens.revoke_channel_token_by_jwt(self.id, self.secret, issued.access_token)
        with self.assertRaises(Exception) as caught:
            self.bot(issued.access_token).get_bot_info()
        self.assertEqual(caught.exception.status, 401)

    def test_an_outage_of_line_for_this_channel_alone(self):
        emulator("faults", {"kind": "status", "status": 503, "channel_id": self.id, "times": 1})
        with self.assertRaises(ApiException) as caught:
            tokens.issue_stateless_channel_token_by_client_secret(self.id, self.secret)
        self.assertEqual(caught.exception.status, 503)
        tokens.issue_stateless_channel_token_by_client_secret(self.id, self.secret)  # what your own retries should come to


if __name__ == "__main__":
    unittest.main()
