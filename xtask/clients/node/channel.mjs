// What the tests of each client share: a channel of their own, assertions that jose signs, and what an error response said.

import assert from "node:assert/strict";
import { importPKCS8, SignJWT } from "jose";

export const baseURL = process.env.LINE_API_BASE_URL;
export const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** What jose signs with the key that `line-channel-token keygen` made. */
export const configuredChannel = {
  id: process.env.LINE_CHANNEL_ID,
  secret: process.env.LINE_CHANNEL_SECRET,
  kid: process.env.LINE_ASSERTION_KID,
  privateKey: process.env.LINE_ASSERTION_KEY,
};

/** A new channel with a key that the emulator makes, so that tests run at the same time without seeing each other. */
export async function newChannel() {
  const { channel, secret, key } = await control("POST", "channels", { generate_key: true });
  return { id: channel.id, secret, kid: key.kid, privateKey: key.private_key };
}

/** Calls the emulator's control API. */
export async function control(method, path, body) {
  const response = await fetch(`${baseURL}/_emulator/${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/** An assertion for this channel as LINE describes it; `claims` and `header` replace members. */
export async function assertion(channel, claims = {}, header = {}) {
  const expires = Math.floor(Date.now() / 1000) + 300;
  return new SignJWT({
    iss: channel.id,
    sub: channel.id,
    aud: "https://api.line.me/",
    exp: expires,
    token_exp: 86_400,
    ...claims,
  })
    .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: channel.kid, ...header })
    .sign(await importPKCS8(channel.privateKey, "RS256"));
}

/** Assertions that are refused, and what the emulator says of each. */
export async function refusedAssertions(channel) {
  const now = Math.floor(Date.now() / 1000);
  const refused = (error, description) => ({ error, error_description: description });
  return [
    [await assertion(channel, { exp: now - 60 }), 400, refused("invalid_client", "Invalid exp")],
    [await assertion(channel, { exp: now + 3600 }), 400, refused("invalid_client", "Invalid exp")],
    [await assertion(channel, { aud: "https://api.line.me" }), 400, refused("invalid_client", "Invalid aud")],
    [
      await assertion(channel, {}, { kid: "00000000-0000-0000-0000-000000000000" }),
      404,
      { message: "Cannot find channel key that satisfies the conditions" },
    ],
  ];
}

/** The status and the parsed body of an error response, from the errors of each major version of the LINE SDK. */
export async function refusal(call) {
  const error = await call.then(
    () => assert.fail("it was accepted"),
    (error) => error,
  );
  if (error.name === "HTTPFetchError") {
    return { status: error.status, body: JSON.parse(error.body) };
  }
  assert.ok(error.originalError?.response, `not an error of the SDK: ${error.stack}`);
  return { status: error.statusCode, body: error.originalError.response.data };
}
