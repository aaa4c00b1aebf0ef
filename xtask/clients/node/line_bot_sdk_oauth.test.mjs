// The class OAuth of @line/bot-sdk 7 to 10, which 8 replaced and 11 removed.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as sdk10 from "line-bot-sdk-10";
import sdk7 from "line-bot-sdk-7";
import sdk8 from "line-bot-sdk-8";
import * as sdk9 from "line-bot-sdk-9";
import { assertion, baseURL, newChannel, refusal, refusedAssertions } from "./channel.mjs";

/** These classes have the address of LINE as a constant and no setting for it, but an axios instance that takes an interceptor. */
function towardsEmulator(client) {
  client.http.instance.interceptors.request.use((request) => {
    request.url = request.url.replace("https://api.line.me", baseURL);
    return request;
  });
  return client;
}

for (const [version, sdk] of [[10, sdk10], [9, sdk9], [8, sdk8], [7, sdk7]]) {
  const oauth = towardsEmulator(new sdk.OAuth());
  const bot = (token) => towardsEmulator(new sdk.Client({ channelAccessToken: token }));
  const push = (token) => bot(token).pushMessage("U1", { type: "text", text: "hi" });

  describe(`@line/bot-sdk ${version}, class OAuth`, { concurrency: true }, () => {
    test("short-lived tokens: issue, use, revoke", async (t) => {
      t.diagnostic(`OAuth of @line/bot-sdk ${version} takes no base URL: an interceptor of axios sends its requests to the emulator`);
      t.diagnostic("it has no call for v2 verify and none for stateless tokens");
      const { id, secret } = await newChannel();
      const { access_token: token, expires_in } = await oauth.issueAccessToken(id, secret);
      assert.equal(expires_in, 2_592_000);
      await push(token);
      await oauth.revokeAccessToken(token);
      assert.equal((await refusal(push(token))).status, 401);
    });

    test("v2.1 tokens: issue, verify, key ids, use, revoke", async () => {
      const channel = await newChannel();
      const { access_token: token, key_id } = await oauth.issueChannelAccessTokenV2_1(await assertion(channel));
      assert.equal((await oauth.verifyAccessToken(token)).client_id, channel.id);
      assert.deepEqual((await oauth.getChannelAccessTokenKeyIdsV2_1(await assertion(channel))).kids, [key_id]);
      await push(token);
      await oauth.revokeChannelAccessTokenV2_1(channel.id, channel.secret, token);
      assert.equal((await refusal(push(token))).status, 401);
    });

    test("its errors say what the emulator said", async () => {
      const channel = await newChannel();
      assert.deepEqual(await refusal(oauth.issueAccessToken(channel.id, "wrong")), {
        status: 400,
        body: { error: "invalid_client", error_description: "invalid client_secret" },
      });
      for (const [refused, status, body] of await refusedAssertions(channel)) {
        assert.deepEqual(await refusal(oauth.issueChannelAccessTokenV2_1(refused)), { status, body });
        assert.deepEqual(await refusal(oauth.getChannelAccessTokenKeyIdsV2_1(refused)), { status, body });
      }
    });
  });
}
