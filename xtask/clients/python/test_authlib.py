"""authlib, which knows nothing of LINE: the client credentials grant of OAuth 2.0."""

import time
import unittest

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT

from channel import BASE_URL, new_channel

V2 = f"{BASE_URL}/v2/oauth/accessToken"
V2_1 = f"{BASE_URL}/oauth2/v2.1/token"
V3 = f"{BASE_URL}/oauth2/v3/token"


def by_secret(channel, secret=None):
    secret = secret or channel.secret
    return OAuth2Session(channel.id, secret, token_endpoint_auth_method="client_secret_post", grant_type="client_credentials")


def by_assertion(channel, audience="https://api.line.me/", **claims):
    """Its own assertions live for an hour and are meant for the token endpoint: LINE takes neither."""
    method = PrivateKeyJWT(audience, claims={"exp": int(time.time()) + 300} | claims, headers={"kid": channel.kid})
    key = channel.private_key
    session = OAuth2Session(channel.id, key, token_endpoint_auth_method="private_key_jwt", grant_type="client_credentials")
    session.register_client_auth_method(method)
    return session


class Authlib(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.channel = new_channel()
        print("\nauthlib revokes and introspects with a parameter `token`, LINE's calls take `access_token`: so it issues only")

    def usable(self, session):
        self.assertEqual(session.get(f"{BASE_URL}/v2/bot/info").status_code, 200)

    def test_client_secret_post(self):
        for endpoint, lifetime in ((V3, 900), (V2, 2_592_000)):
            session = by_secret(self.channel)
            self.assertEqual(session.fetch_token(endpoint)["expires_in"], lifetime)
            self.usable(session)

    def test_private_key_jwt(self):
        session = by_assertion(self.channel)
        self.assertEqual(session.fetch_token(V3)["expires_in"], 900)
        self.usable(session)
        session = by_assertion(self.channel, token_exp=3600)
        token = session.fetch_token(V2_1)
        self.assertEqual(token["expires_in"], 3600)
        self.assertTrue(token["key_id"])
        self.usable(session)

    def test_errors_say_what_the_emulator_said(self):
        channel = self.channel
        hour = int(time.time()) + 3600
        for session, error, description in (
            (by_secret(channel, "wrong"), "invalid_request", "Invalid 'client_credentials'."),
            (by_assertion(channel, exp=hour), "invalid_client", "Invalid exp"),
            (by_assertion(channel, exp=int(time.time()) - 1), "invalid_client", "Invalid exp"),
            (by_assertion(channel, audience=V3), "invalid_client", "Invalid aud"),
        ):
            with self.assertRaises(OAuthError) as caught:
                session.fetch_token(V3)
            self.assertEqual((caught.exception.error, caught.exception.description), (error, description))


if __name__ == "__main__":
    unittest.main()
