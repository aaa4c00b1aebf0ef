import assert from "node:assert/strict";
import { before, test } from "node:test";
import { channelAccessToken, messagingApi } from "@line/bot-sdk";
import { importPKCS8, SignJWT } from "jose";

const baseURL = process.env.LINE_API_BASE_URL ?? "http://127.0.0.1:8787";
const tokens = new channelAccessToken.ChannelAccessTokenClient({ baseURL });
let channel; // { id, secret, kid, privateKey }: made for this file, so that others can run at the same time

async function emulator(path, body) {
  const response = await fetch(`${baseURL}/_emulator/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, await response.clone().text());
  return response.json();
}

async function assertion() {
  const claims = { iss: channel.id, sub: channel.id, aud: "https://api.line.me/", token_exp: 30 * 86_400 };
  const header = { alg: "RS256", typ: "JWT", kid: channel.kid };
  const key = await importPKCS8(channel.privateKey, "RS256");
  return new SignJWT(claims).setProtectedHeader(header).setExpirationTime("5m").sign(key);
}

before(async () => {
  const made = await emulator("channels", { generate_key: true });
  channel = { id: made.channel.id, secret: made.secret, kid: made.key.kid, privateKey: made.key.private_key };
});

test("a message is sent with a stateless token", async () => {
  const { access_token } = await tokens.issueStatelessChannelTokenByClientSecret(channel.id, channel.secret);
  const bot = new messagingApi.MessagingApiClient({ baseURL, channelAccessToken: access_token });
  const sent = await bot.pushMessage({ to: "U1", messages: [{ type: "text", text: "hi" }] });
  assert.equal(sent.sentMessages.length, 1);
});

test("a revoked v2.1 token is refused", async () => {
  const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
  const { access_token } = await tokens.issueChannelTokenByJWT("client_credentials", type, await assertion());
  await tokens.revokeChannelTokenByJWT(channel.id, channel.secret, access_token);
  const bot = new messagingApi.MessagingApiClient({ baseURL, channelAccessToken: access_token });
  await assert.rejects(bot.getBotInfo(), { name: "HTTPFetchError", status: 401 });
});

test("an outage of LINE, for this channel alone", async () => {
  await emulator("faults", { kind: "status", status: 503, channel_id: channel.id, times: 1 });
  const issue = () => tokens.issueStatelessChannelTokenByClientSecret(channel.id, channel.secret);
  await assert.rejects(issue(), { status: 503 });
  await issue(); // what your own retries should come to
});
