// Two channels that are made on the fly: what is done to one does not touch the other.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { channelAccessToken } from "@line/bot-sdk";
import { baseURL, control, newChannel, refusal } from "./channel.mjs";

const tokens = new channelAccessToken.ChannelAccessTokenClient({ baseURL });
const stateless = ({ id, secret }) => tokens.issueStatelessChannelTokenByClientSecret(id, secret);
const shortLived = ({ id, secret }) => tokens.issueChannelToken("client_credentials", id, secret);

describe("two channels at the same time", () => {
  test("a fault of one channel", async () => {
    const [one, other] = [await newChannel(), await newChannel()];
    await control("POST", "faults", { kind: "status", status: 503, channel_id: one.id, times: 2 });
    const [faulty, healthy] = await Promise.all([refusal(stateless(one)), stateless(other)]);
    assert.equal(faulty.status, 503);
    assert.equal(healthy.expires_in, 900);
    assert.equal((await refusal(stateless(one))).status, 503);
    assert.equal((await stateless(one)).expires_in, 900, "the fault was for two requests");
  });

  test("the time of one channel", async () => {
    const [one, other] = [await newChannel(), await newChannel()];
    const [ended, alive] = [await shortLived(one), await shortLived(other)];
    await control("POST", "clock/advance", { seconds: 31 * 86_400, channel_id: one.id });
    assert.equal((await refusal(tokens.verifyChannelToken(ended.access_token))).status, 400);
    assert.equal((await tokens.verifyChannelToken(alive.access_token)).client_id, other.id);
  });
});
