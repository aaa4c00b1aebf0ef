// openid-client, which knows nothing of LINE: the client credentials grant of OAuth 2.0.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { importPKCS8 } from "jose";
import * as openid from "openid-client";
import { baseURL, newChannel } from "./channel.mjs";

/** A client of one token endpoint. Its assertions have LINE as their audience, because that is the issuer. */
function client(path, channel, authentication) {
  const server = { issuer: "https://api.line.me/", token_endpoint: `${baseURL}${path}` };
  const configuration = new openid.Configuration(server, channel.id, undefined, authentication);
  openid.allowInsecureRequests(configuration);
  return configuration;
}

/** Its own assertions have no `typ`, and no `token_exp`, which LINE asks for on v2.1. */
async function signed(channel, modify = () => {}) {
  const key = { key: await importPKCS8(channel.privateKey, "RS256"), kid: channel.kid };
  return openid.PrivateKeyJwt(key, {
    [openid.modifyAssertion](header, claims) {
      header.typ = "JWT";
      modify(header, claims);
    },
  });
}

async function botInfo(configuration, token) {
  return openid.fetchProtectedResource(configuration, token, new URL(`${baseURL}/v2/bot/info`), "GET");
}

async function refusal(configuration) {
  const error = await openid.clientCredentialsGrant(configuration).then(
    () => assert.fail("it was accepted"),
    (error) => error,
  );
  return [error.status, error.error, error.error_description];
}

describe("openid-client", { concurrency: true }, () => {
  test("client_secret_post issues stateless and short-lived tokens", async () => {
    const channel = await newChannel();
    for (const [path, lifetime] of [["/oauth2/v3/token", 900], ["/v2/oauth/accessToken", 2_592_000]]) {
      const configuration = client(path, channel, openid.ClientSecretPost(channel.secret));
      const { access_token: token, expires_in } = await openid.clientCredentialsGrant(configuration);
      assert.equal(expires_in, lifetime);
      assert.equal((await botInfo(configuration, token)).status, 200);
    }
  });

  test("private_key_jwt issues stateless and v2.1 tokens", async () => {
    const channel = await newChannel();
    const stateless = client("/oauth2/v3/token", channel, await signed(channel));
    const { access_token: token, expires_in } = await openid.clientCredentialsGrant(stateless);
    assert.equal(expires_in, 900);
    assert.equal((await botInfo(stateless, token)).status, 200);

    const withLifetime = await signed(channel, (_, claims) => (claims.token_exp = 3600));
    const v2_1 = client("/oauth2/v2.1/token", channel, withLifetime);
    const issued = await openid.clientCredentialsGrant(v2_1);
    assert.deepEqual([issued.expires_in, typeof issued.key_id], [3600, "string"]);
    assert.equal((await botInfo(v2_1, issued.access_token)).status, 200);
  });

  test("its errors say what the emulator said", async () => {
    const channel = await newChannel();
    const path = "/oauth2/v3/token";
    const wrongSecret = client(path, channel, openid.ClientSecretPost("wrong"));
    assert.deepEqual(await refusal(wrongSecret), [400, "invalid_request", "Invalid 'client_credentials'."]);
    for (const [modify, description] of [
      [(_, claims) => (claims.exp -= 120), "Invalid exp"],
      [(_, claims) => (claims.aud = `${baseURL}${path}`), "Invalid aud"],
      [(header) => delete header.typ, "Invalid typ"],
    ]) {
      const configuration = client(path, channel, await signed(channel, modify));
      assert.deepEqual(await refusal(configuration), [400, "invalid_client", description]);
    }
  });

  test("a basic authorization header is not what LINE takes", async () => {
    const channel = await newChannel();
    const configuration = client("/oauth2/v3/token", channel, openid.ClientSecretBasic(channel.secret));
    assert.equal((await refusal(configuration))[0], 400);
  });
});
