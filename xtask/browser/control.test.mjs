// Channels, time, faults, the decoder and the code to copy.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';

import { launch, live, open, see } from './browser.mjs';
import { Emulator, ID, SECRET, assertion } from './emulator.mjs';

let emulator;
let browser;
before(async () => {
  [emulator, browser] = await Promise.all([Emulator.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await emulator?.stop();
});
beforeEach(async () => {
  await emulator.control('POST', 'reset');
  await emulator.control('DELETE', 'faults');
});

const card = (page, id) => page.locator('.channel').filter({ hasText: id });

/** Presses a button of this name twice: what it says changes in between, to ask whether one is sure. */
async function confirm(within, name) {
  await within.getByRole('button', { name }).click();
  await within.locator('[data-armed]').click();
}

test('a_channel_is_created_and_its_secrets_are_shown_once', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  await page.getByRole('button', { name: 'New channel' }).click();
  await page.getByLabel('Channel ID').fill('2001112223');
  await page.getByLabel('Scope').fill('P CM OC');
  await page.getByRole('button', { name: 'Create channel' }).click();
  const once = page.locator('.once');
  await see(once, '2001112223');
  const value = (label) => once.locator('.value').filter({ hasText: label }).locator('pre').textContent();
  const secret = await value('Channel secret');
  assert.match(await value('Private key'), /^-----BEGIN PRIVATE KEY-----\n/);
  assert.equal((await emulator.issueStateless(secret, '2001112223')).status, 200);
  await see(card(page, '2001112223'), 'P CM OC');
  await once.getByRole('button', { name: 'Copy Private key' }).click();
  await see(page.locator('#toast'), 'Copied');
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /PRIVATE KEY/);
  await once.getByRole('button', { name: 'Done' }).click();
  assert.equal(await page.locator('.once').count(), 0);
  await page.reload();
  await live(page);
  await see(card(page, '2001112223'), 'Stateless: 1');
  assert.ok(!(await page.content()).includes(secret), 'the secret is shown again');
  await close();
});

test('a_channel_that_cannot_be_is_refused_in_words', async () => {
  const { page, close } = await open(browser, emulator, { expected: /status of 4(09|22)/ });
  await live(page);
  for (const id of [ID, 'U0123']) {
    if (await page.locator('#new-channel-form').isHidden()) await page.getByRole('button', { name: 'New channel' }).click();
    await page.getByLabel('Channel ID').fill(id);
    await page.getByRole('button', { name: 'Create channel' }).click();
    await page.locator('#new-error:not(:empty)').waitFor();
  }
  await close();
});

test('slots_fill_and_are_revoked', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const channel = await emulator.channel();
  const signed = assertion(channel);
  for (let issued = 0; issued < 3; issued += 1) assert.equal((await emulator.issueJwt(signed)).status, 200);
  await emulator.post('/v2/oauth/accessToken', { grant_type: 'client_credentials', client_id: channel.id, client_secret: channel.secret });
  const own = card(page, channel.id);
  await see(own, '3 of 30');
  await see(own, '1 of 30');
  assert.equal(await own.getByRole('meter', { name: 'v2.1 tokens' }).getAttribute('aria-valuenow'), '3');
  await own.getByText('Tokens (4)').click();
  assert.equal(await own.locator('li').filter({ hasText: 'key ID' }).count(), 3);
  await confirm(own, 'Revoke all tokens');
  await see(own, '0 of 30');
  await see(page.locator('#toast'), 'Revoked 4 tokens');
  await close();
});

test('keys_and_secrets_are_replaced', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const channel = await emulator.channel();
  const own = card(page, channel.id);
  await own.getByText('Assertion keys (1)').click();
  await see(own, channel.kid);
  await own.getByRole('button', { name: `New key of ${channel.id}` }).click();
  await see(page.locator('.once'), 'Private key');
  await own.getByText('Assertion keys (2)').waitFor();
  await confirm(own, `Remove the key ${channel.kid}`);
  await own.getByText('Assertion keys (1)').waitFor();
  assert.equal((await emulator.issueJwt(assertion(channel))).status, 404);
  await confirm(own, 'New secret');
  await see(page.locator('.once'), 'Channel secret');
  const secret = await page.locator('.once pre').textContent();
  assert.equal((await emulator.issueStateless(channel.secret, channel.id)).status, 400);
  assert.equal((await emulator.issueStateless(secret, channel.id)).status, 200);
  await close();
});

test('a_key_of_ones_own_is_registered', async () => {
  const { page, close } = await open(browser, emulator, { expected: /status of 422/ });
  await live(page);
  const channel = await emulator.channel();
  const own = card(page, channel.id);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = (key) => JSON.stringify({ ...key.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' });
  await own.getByText('Assertion keys (1)').click();
  await own.getByText('Register a key of your own').click();
  const register = async (text) => {
    await own.getByLabel('Public JWK').fill(text);
    await own.getByLabel('kid of the JWK').fill('mine');
    await own.getByRole('button', { name: 'Register the key' }).click();
  };
  await register(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await see(own.getByRole('alert'), 'This is no JWK');
  await register(jwk(privateKey));
  await see(own.getByRole('alert'), 'the private key stays with you');
  await register(jwk(publicKey));
  await own.getByText('Assertion keys (2)').waitFor();
  assert.equal((await emulator.issueJwt(assertion({ ...channel, kid: 'mine', key: privateKey }))).status, 200);
  await close();
});

test('a_long_lived_token_is_issued', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const channel = await emulator.channel();
  const own = card(page, channel.id);
  await own.getByText('Tokens (0)').click();
  await confirm(own, 'New long-lived token');
  const authorization = `Bearer ${await page.locator('.once pre').textContent()}`;
  assert.equal((await fetch(`${emulator.url}/v2/bot/info`, { headers: { authorization } })).status, 200);
  await see(own, 'Long-lived: 1');
  await close();
});

test('a_channel_is_reset_and_removed', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const channel = await emulator.channel();
  await emulator.issueJwt(assertion(channel));
  const own = card(page, channel.id);
  await see(own, '1 of 30');
  await confirm(own, 'Reset');
  await own.filter({ hasNotText: '1 of 30' }).waitFor();
  const remove = own.getByRole('button', { name: `Remove ${channel.id}` });
  await remove.click();
  assert.equal(await own.count(), 1, 'one press must not remove it');
  await own.getByRole('button', { name: 'Really remove?' }).click();
  await own.waitFor({ state: 'detached' });
  assert.deepEqual((await emulator.control('GET', 'channels')).channels.map((one) => one.id), [ID]);
  await emulator.channel();
  await page.locator('.channel').nth(1).waitFor();
  await confirm(page, 'Reset everything');
  await page.locator('.channel').nth(1).waitFor({ state: 'detached' });
  await close();
});

test('the_clock_is_advanced', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const channel = await emulator.channel();
  const { access_token: token } = await (await emulator.issueJwt(assertion(channel))).json();
  const before = (await emulator.control('GET', 'state')).now;
  for (const label of ['+1 min', '+15 min', '+1 h', '+1 day']) {
    await page.getByRole('button', { name: label, exact: true }).click();
    await see(page.locator('#toast'), `${label.slice(1)} further`);
  }
  await see(page.locator('#now-date'), '1 d 1 h ahead of this machine');
  const moved = (await emulator.control('GET', 'state')).now - before;
  assert.ok(Math.abs(moved - 90_960) < 60, `${moved} s`);
  assert.equal((await fetch(`${emulator.url}/oauth2/v2.1/verify?access_token=${token}`)).status, 400, 'the token has expired');
  await emulator.issueJwt(assertion(channel));
  await see(page.locator('.request').first(), 'ahead of this machine');
  await page.getByLabel('Advance the clock of').selectOption(channel.id);
  await page.getByRole('button', { name: '+30 days', exact: true }).click();
  await see(card(page, channel.id), '+30 d');
  assert.equal(await card(page, ID).locator('.tag').filter({ hasText: '+30 d', visible: true }).count(), 0);
  await close();
});

test('a_fault_meets_a_request', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  await page.getByLabel('Operation').selectOption('issue_stateless');
  await page.getByLabel('Channel', { exact: true }).selectOption(ID);
  await page.getByLabel('Retry-After, s').fill('7');
  await page.getByLabel('Requests', { exact: true }).last().fill('2');
  await page.getByRole('button', { name: 'Add fault' }).click();
  await see(page.locator('#faults'), '2 left');
  const other = await emulator.channel();
  assert.equal((await emulator.issueStateless(other.secret, other.id)).status, 200, 'another channel is not met');
  assert.equal((await emulator.issueJwt('no.assertion')).status, 400, 'another operation is not met');
  const response = await emulator.issueStateless();
  assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '7']);
  await see(page.locator('#faults'), '1 left, met 1 time');
  await see(page.locator('.request.faulty'), 'was injected');
  await page.locator('#faults').getByRole('button', { name: 'Remove' }).click();
  await page.locator('#faults').waitFor({ state: 'hidden' });
  assert.equal((await emulator.issueStateless()).status, 200);
  await close();
});

test('each_kind_of_fault_can_be_added', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const kinds = await page.locator('#fault-kind option').evaluateAll((options) => options.map((option) => option.value));
  await page.getByLabel('Operation').selectOption('Messaging API');
  await page.getByLabel('Every request, until it is removed').check();
  for (const kind of kinds) {
    await page.getByLabel('The next requests meet').selectOption(kind);
    await page.getByLabel('Delay, s').fill(kind === 'delay' ? '0.5' : '');
    await page.getByRole('button', { name: 'Add fault' }).click();
    await page.locator('#faults li').nth(kinds.indexOf(kind)).waitFor();
  }
  const { faults } = await emulator.control('GET', 'faults');
  assert.deepEqual(faults.map((fault) => fault.kind), kinds);
  await page.getByRole('button', { name: 'Remove all' }).click();
  await page.locator('#faults').waitFor({ state: 'hidden' });
  await close();
});

test('a_broken_assertion_is_explained', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const channel = await emulator.channel();
  const inspect = async (text) => {
    await page.getByLabel('Paste a JWT assertion').fill(text);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
  };
  await inspect(assertion(channel, { aud: 'https://api.line.me', exp: 1000 }));
  const verdict = page.locator('.verdict');
  await see(verdict, 'Refused');
  assert.match(await verdict.textContent(), /breaks 2 rules: (aud, exp|exp, aud)/);
  for (const rule of ['aud', 'exp']) await see(page.locator('.findings .violation').filter({ has: page.getByText(rule, { exact: true }) }), 'To change:');
  await see(page.locator('.parts'), channel.kid);
  await inspect(assertion(channel));
  await see(verdict, 'Accepted');
  const { access_token: token } = await (await emulator.issueJwt(assertion(channel))).json();
  await inspect(token);
  await see(page.locator('.verdict .tag'), 'token');
  await close();
});

test('the_code_is_copied_and_gets_a_token', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  await see(page.locator('#code'), 'CHANNEL_SECRET');
  assert.ok(!(await page.content()).includes(SECRET));
  // A quote in it, so that the code has something to escape.
  await page.getByRole('button', { name: 'New channel' }).click();
  await page.getByLabel('Channel secret').fill(`it's"$HOME`);
  await page.getByRole('button', { name: 'Create channel' }).click();
  await page.locator('.once').waitFor();
  const code = async (language) => {
    await page.getByRole('tab', { name: language }).click();
    await page.getByRole('button', { name: 'Copy the code' }).click();
    await see(page.locator('#toast'), 'Copied the code');
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(copied.includes(emulator.url) && !copied.includes('CHANNEL_SECRET'), copied);
    return copied;
  };
  const shown = execFileSync('sh', ['-c', await code('curl')], { stdio: ['ignore', 'pipe', 'ignore'] });
  assert.equal(JSON.parse(shown).expires_in, 900);
  // Beside the packages, so that it finds the SDK.
  const program = new URL('copied.mjs', import.meta.url);
  writeFileSync(program, await code('Node'));
  assert.match(String(execFileSync(process.execPath, [program.pathname])), /displayName/);
  for (const language of ['Rust', 'Python', 'Go', 'Java', 'PHP', 'Ruby']) await code(language);
  await page.getByRole('button', { name: 'Copy the base URL' }).click();
  await see(page.locator('#toast'), 'Copied the base URL');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), emulator.url);
  await close();
});
