// jose and fetch: all operations with the key that `line-channel-token keygen` made.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ASSERTION_TYPE, assertion, baseURL, configuredChannel as channel, refusedAssertions } from "./channel.mjs";

async function post(path, form) {
  return fetch(`${baseURL}${path}`, { method: "POST", body: new URLSearchParams(form) });
}

async function get(path, query) {
  return fetch(`${baseURL}${path}?${new URLSearchParams(query)}`);
}

async function botInfo(token) {
  return fetch(`${baseURL}/v2/bot/info`, { headers: { authorization: `Bearer ${token}` } });
}

const byAssertion = async () => ({
  grant_type: "client_credentials",
  client_assertion_type: ASSERTION_TYPE,
  client_assertion: await assertion(channel),
});
const secret = { client_id: channel.id, client_secret: channel.secret };

describe("jose and fetch", () => {
  test("all operations of v2.1", async () => {
    const issued = await (await post("/oauth2/v2.1/token", await byAssertion())).json();
    const access_token = issued.access_token;
    assert.equal((await (await get("/oauth2/v2.1/verify", { access_token })).json()).client_id, channel.id);
    const { grant_type: _, ...query } = await byAssertion();
    assert.ok((await (await get("/oauth2/v2.1/tokens/kid", query)).json()).kids.includes(issued.key_id));
    assert.equal((await botInfo(access_token)).status, 200);
    const revoked = await post("/oauth2/v2.1/revoke", { ...secret, access_token });
    assert.deepEqual([revoked.status, await revoked.text()], [200, ""]);
    assert.equal((await botInfo(access_token)).status, 401);
  });

  test("stateless tokens by assertion", async () => {
    const { access_token } = await (await post("/oauth2/v3/token", await byAssertion())).json();
    assert.equal((await botInfo(access_token)).status, 200);
  });

  test("one assertion serves several calls", async () => {
    const form = await byAssertion();
    for (const path of ["/oauth2/v3/token", "/oauth2/v3/token", "/oauth2/v2.1/token"]) {
      assert.equal((await post(path, form)).status, 200);
    }
  });

  test("refused assertions", async () => {
    for (const [client_assertion, status, body] of await refusedAssertions(channel)) {
      const response = await post("/oauth2/v2.1/token", { ...(await byAssertion()), client_assertion });
      assert.equal(response.status, status);
      assert.deepEqual(await response.json(), body);
    }
  });
});
