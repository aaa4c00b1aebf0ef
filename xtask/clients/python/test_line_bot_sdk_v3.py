"""The clients of line-bot-sdk 3 for Python, the current version and the first one."""

import json
import unittest

import linebot
from linebot.v3.messaging import ApiClient as MessagingApiClient
from linebot.v3.messaging import Configuration, MessagingApi, PushMessageRequest, TextMessage
from linebot.v3.messaging.exceptions import ApiException as MessagingApiException
from linebot.v3.oauth import ApiClient, ChannelAccessToken
from linebot.v3.oauth import Configuration as OAuthConfiguration
from linebot.v3.oauth.exceptions import ApiException

from channel import ASSERTION_TYPE, BASE_URL, GRANT, new_channel

# Version 3.0 needs an access token in the configuration although no call of this API does.
TOKENS = ChannelAccessToken(ApiClient(OAuthConfiguration(host=BASE_URL, access_token="none")))
HAS_STATELESS = hasattr(TOKENS, "issue_stateless_channel_token")


def bot(token):
    return MessagingApi(MessagingApiClient(Configuration(host=BASE_URL, access_token=token)))


def push(token):
    message = PushMessageRequest(to="U1", messages=[TextMessage(text="hi")])
    return bot(token).push_message(message)


class LineBotSdk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.channel = new_channel()
        print(f"\nline-bot-sdk {linebot.__version__}")

    def refused(self, status, body, call, *arguments):
        with self.assertRaises(ApiException) as caught:
            call(*arguments)
        self.assertEqual((caught.exception.status, json.loads(caught.exception.body)), (status, body))

    def unauthorized(self, token):
        with self.assertRaises(MessagingApiException) as caught:
            bot(token).get_bot_info()
        self.assertEqual(caught.exception.status, 401)

    def test_short_lived_tokens(self):
        issued = TOKENS.issue_channel_token(GRANT, self.channel.id, self.channel.secret)
        self.assertEqual((issued.expires_in, issued.token_type), (2_592_000, "Bearer"))
        self.assertEqual(TOKENS.verify_channel_token(issued.access_token).client_id, self.channel.id)
        push(issued.access_token)
        TOKENS.revoke_channel_token(issued.access_token)
        self.unauthorized(issued.access_token)
        said = {"error": "invalid_request", "error_description": "access_token invalid"}
        self.refused(400, said, TOKENS.verify_channel_token, issued.access_token)

    def test_v2_1_tokens(self):
        channel = self.channel
        issued = TOKENS.issue_channel_token_by_jwt(GRANT, ASSERTION_TYPE, channel.assertion())
        self.assertEqual(issued.expires_in, 86_400)
        self.assertEqual(TOKENS.verify_channel_token_by_jwt(issued.access_token).client_id, channel.id)
        listed = TOKENS.gets_all_valid_channel_access_token_key_ids(ASSERTION_TYPE, channel.assertion())
        self.assertIn(issued.key_id, listed.kids)
        push(issued.access_token)
        TOKENS.revoke_channel_token_by_jwt(channel.id, channel.secret, issued.access_token)
        self.unauthorized(issued.access_token)
        said = {"error": "invalid_request", "error_description": "The access token revoked"}
        self.refused(400, said, TOKENS.verify_channel_token_by_jwt, issued.access_token)

    @unittest.skipUnless(HAS_STATELESS, "this version of line-bot-sdk has no call for stateless tokens")
    def test_stateless_tokens(self):
        channel = self.channel
        by_secret = TOKENS.issue_stateless_channel_token_by_client_secret(channel.id, channel.secret)
        by_assertion = TOKENS.issue_stateless_channel_token_by_jwt_assertion(channel.assertion())
        for issued in (by_secret, by_assertion):
            self.assertEqual(issued.expires_in, 900)
            self.assertTrue(bot(issued.access_token).get_bot_info().basic_id.startswith("@"))
        wrong = TOKENS.issue_stateless_channel_token_by_client_secret
        said = {"error": "invalid_request", "error_description": "Invalid 'client_credentials'."}
        self.refused(400, said, wrong, channel.id, "wrong")

    def test_errors_say_what_the_emulator_said(self):
        said = {"error": "invalid_client", "error_description": "invalid client_secret"}
        self.refused(400, said, TOKENS.issue_channel_token, GRANT, self.channel.id, "wrong")
        for assertion, status, said in self.channel.refused_assertions():
            self.refused(status, said, TOKENS.issue_channel_token_by_jwt, GRANT, ASSERTION_TYPE, assertion)


if __name__ == "__main__":
    unittest.main()
