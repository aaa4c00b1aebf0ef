"""LineBotApi of line-bot-sdk for Python: version 2, and version 3, which still has it."""

import os
import unittest
import warnings

import linebot
from linebot.exceptions import LineBotApiError
from linebot.models import TextSendMessage

from channel import BASE_URL, new_channel

# Whether the emulator was started with --accept-json-labelled-revocations.
ACCEPTS_JSON_LABEL = os.environ.get("EMULATOR_ACCEPTS_JSON_LABELLED_REVOCATIONS") == "yes"

warnings.filterwarnings("ignore", module="linebot")


def api(token="none"):
    return linebot.LineBotApi(token, endpoint=BASE_URL)


class LineBotApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        warnings.simplefilter("ignore")
        cls.channel = new_channel()
        print(f"\nLineBotApi of line-bot-sdk {linebot.__version__} has no call for v2 verify and none for stateless tokens")

    def refused(self, status, call, *arguments):
        with self.assertRaises(LineBotApiError) as caught:
            call(*arguments)
        self.assertEqual(caught.exception.status_code, status)
        self.assertTrue(caught.exception.request_id, "the emulator names each request")
        return caught.exception.error

    def test_short_lived_tokens(self):
        issued = api().issue_channel_token(self.channel.id, self.channel.secret)
        self.assertEqual(issued.expires_in, 2_592_000)
        bot = api(issued.access_token)
        bot.push_message("U1", TextSendMessage(text="hi"))
        bot.revoke_channel_token(issued.access_token)
        self.refused(401, bot.get_bot_info)

    def test_v2_1_tokens(self):
        channel = self.channel
        issued = api().issue_channel_access_token_v2_1(channel.assertion())
        verified = api().verify_channel_access_token_v2_1(issued.access_token)
        self.assertEqual(verified.client_id, channel.id)
        self.assertIn(issued.key_id, api().get_channel_token_key_ids_v2_1(channel.assertion()).kids)
        api(issued.access_token).push_message("U1", TextSendMessage(text="hi"))
        # It labels this form application/json. Whether LINE takes that is not known, so the emulator refuses it by default.
        revocation = channel.id, channel.secret, issued.access_token
        if ACCEPTS_JSON_LABEL:
            api().revoke_channel_access_token_v2_1(*revocation)
            self.refused(401, api(issued.access_token).get_bot_info)
        else:
            self.refused(415, api().revoke_channel_access_token_v2_1, *revocation)
            api(issued.access_token).get_bot_info()

    def test_errors_say_what_the_emulator_said(self):
        self.refused(400, api().issue_channel_token, self.channel.id, "wrong")
        for assertion, status, said in self.channel.refused_assertions():
            error = self.refused(status, api().issue_channel_access_token_v2_1, assertion)
            # Its error has room for a `message`, and drops `error` and `error_description`.
            self.assertEqual(error.message, said.get("message"))

    def test_a_path_that_line_no_longer_has(self):
        self.refused(404, api().get_channel_access_tokens_v2_1, self.channel.assertion())


if __name__ == "__main__":
    unittest.main()
