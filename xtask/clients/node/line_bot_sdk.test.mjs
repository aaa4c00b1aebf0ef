// The channel-access-token client of @line/bot-sdk, from its first major version to the current one.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as sdk11 from "@line/bot-sdk";
import * as sdk10 from "line-bot-sdk-10";
import sdk8 from "line-bot-sdk-8";
import * as sdk9 from "line-bot-sdk-9";
import { ASSERTION_TYPE, assertion, baseURL, newChannel, refusal, refusedAssertions } from "./channel.mjs";

const GRANT = "client_credentials";

for (const [version, sdk] of [[11, sdk11], [10, sdk10], [9, sdk9], [8, sdk8]]) {
  // 8 and 9 send `accessToken` and `clientAssertion` in the query, which are no parameters of LINE's.
  const queriesAreRight = version >= 10;
  const tokens = new sdk.channelAccessToken.ChannelAccessTokenClient({ baseURL });
  const bot = (token) => new sdk.messagingApi.MessagingApiClient({ baseURL, channelAccessToken: token });
  const push = (token) => bot(token).pushMessage({ to: "U1", messages: [{ type: "text", text: "hi" }] });

  describe(`@line/bot-sdk ${version}`, { concurrency: true }, () => {
    test("short-lived tokens: issue, verify, use, revoke", async () => {
      const { id, secret } = await newChannel();
      const { access_token: token, expires_in, token_type } = await tokens.issueChannelToken(GRANT, id, secret);
      assert.deepEqual([expires_in, token_type], [2_592_000, "Bearer"]);
      assert.equal((await tokens.verifyChannelToken(token)).client_id, id);
      assert.equal((await push(token)).sentMessages.length, 1);
      await tokens.revokeChannelToken(token);
      assert.equal((await refusal(bot(token).getBotInfo())).status, 401);
      assert.deepEqual(await refusal(tokens.verifyChannelToken(token)), {
        status: 400,
        body: { error: "invalid_request", error_description: "access_token invalid" },
      });
    });

    test("stateless tokens, by secret and by assertion", async () => {
      const channel = await newChannel();
      const { id, secret } = channel;
      const bySecret = await tokens.issueStatelessChannelToken(GRANT, undefined, undefined, id, secret);
      const byAssertion = await tokens.issueStatelessChannelToken(GRANT, ASSERTION_TYPE, await assertion(channel));
      for (const { access_token: token, expires_in } of [bySecret, byAssertion]) {
        assert.equal(expires_in, 900);
        assert.match((await bot(token).getBotInfo()).basicId, /^@/);
      }
      if (version >= 10) {
        assert.equal((await tokens.issueStatelessChannelTokenByClientSecret(id, secret)).expires_in, 900);
        assert.equal((await tokens.issueStatelessChannelTokenByJWTAssertion(await assertion(channel))).expires_in, 900);
      }
    });

    test("v2.1 tokens: issue, verify, key ids, use, revoke", async (t) => {
      const channel = await newChannel();
      const issued = await tokens.issueChannelTokenByJWT(GRANT, ASSERTION_TYPE, await assertion(channel));
      const { access_token: token, expires_in, key_id } = issued;
      assert.equal(expires_in, 86_400);
      const verify = () => tokens.verifyChannelTokenByJWT(token);
      const signed = await assertion(channel);
      const keyIds = () => tokens.getsAllValidChannelAccessTokenKeyIds(ASSERTION_TYPE, signed);
      if (queriesAreRight) {
        assert.equal((await verify()).client_id, channel.id);
        assert.deepEqual((await keyIds()).kids, [key_id]);
      } else {
        t.diagnostic(`verify and key ids of @line/bot-sdk ${version} send parameters in camel case, which LINE does not have`);
        for (const refused of [await refusal(verify()), await refusal(keyIds())]) {
          assert.equal(refused.status, 400);
          assert.equal(refused.body.error, "invalid_request");
        }
      }
      assert.equal((await push(token)).sentMessages.length, 1);
      await tokens.revokeChannelTokenByJWT(channel.id, channel.secret, token);
      assert.equal((await refusal(push(token))).status, 401);
      await tokens.revokeChannelTokenByJWT(channel.id, channel.secret, token);
      if (queriesAreRight) {
        assert.deepEqual(await refusal(verify()), {
          status: 400,
          body: { error: "invalid_request", error_description: "The access token revoked" },
        });
      }
    });

    test("its errors say what the emulator said", async () => {
      const channel = await newChannel();
      assert.deepEqual(await refusal(tokens.issueChannelToken(GRANT, channel.id, "wrong")), {
        status: 400,
        body: { error: "invalid_client", error_description: "invalid client_secret" },
      });
      assert.deepEqual(await refusal(tokens.issueStatelessChannelToken(GRANT, undefined, undefined, channel.id, "wrong")), {
        status: 400,
        body: { error: "invalid_request", error_description: "Invalid 'client_credentials'." },
      });
      for (const [refused, status, body] of await refusedAssertions(channel)) {
        assert.deepEqual(await refusal(tokens.issueChannelTokenByJWT(GRANT, ASSERTION_TYPE, refused)), { status, body });
        assert.deepEqual(await refusal(tokens.issueStatelessChannelToken(GRANT, ASSERTION_TYPE, refused)), { status, body });
      }
    });
  });
}
