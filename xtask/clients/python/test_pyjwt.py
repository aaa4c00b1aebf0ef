"""PyJWT and requests: all operations with the key that `line-channel-token keygen` made."""

import unittest

import requests

from channel import ASSERTION_TYPE, BASE_URL, GRANT, configured_channel

CHANNEL = configured_channel()
SECRET = {"client_id": CHANNEL.id, "client_secret": CHANNEL.secret}


def authentication(assertion=None):
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or CHANNEL.assertion()}


def post(path, **form):
    return requests.post(f"{BASE_URL}{path}", data=form, timeout=10)


def get(path, **query):
    return requests.get(f"{BASE_URL}{path}", params=query, timeout=10)


def bot_info(token):
    return requests.get(f"{BASE_URL}/v2/bot/info", headers={"authorization": f"Bearer {token}"}, timeout=10)


class PyJwt(unittest.TestCase):
    def test_all_operations_of_v2_1(self):
        issued = post("/oauth2/v2.1/token", grant_type=GRANT, **authentication()).json()
        token = issued["access_token"]
        self.assertEqual(get("/oauth2/v2.1/verify", access_token=token).json()["client_id"], CHANNEL.id)
        self.assertIn(issued["key_id"], get("/oauth2/v2.1/tokens/kid", **authentication()).json()["kids"])
        self.assertEqual(bot_info(token).status_code, 200)
        self.assertEqual(post("/oauth2/v2.1/revoke", access_token=token, **SECRET).status_code, 200)
        self.assertEqual(bot_info(token).status_code, 401)

    def test_stateless_tokens(self):
        for form in (SECRET, authentication()):
            token = post("/oauth2/v3/token", grant_type=GRANT, **form).json()["access_token"]
            self.assertEqual(bot_info(token).status_code, 200)

    def test_short_lived_tokens(self):
        token = post("/v2/oauth/accessToken", grant_type=GRANT, **SECRET).json()["access_token"]
        self.assertEqual(post("/v2/oauth/verify", access_token=token).json()["client_id"], CHANNEL.id)
        self.assertEqual(post("/v2/oauth/revoke", access_token=token).status_code, 200)
        self.assertEqual(bot_info(token).status_code, 401)

    def test_refused_assertions(self):
        for assertion, status, said in CHANNEL.refused_assertions():
            response = post("/oauth2/v3/token", grant_type=GRANT, **authentication(assertion))
            self.assertEqual((response.status_code, response.json()), (status, said))


if __name__ == "__main__":
    unittest.main()
