// The log of requests, and that nothing in it is taken for HTML.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { launch, live, open, see } from './browser.mjs';
import { Emulator, ID, assertion } from './emulator.mjs';

const HTML = '<img src=x onerror=document.title="hit">';

let emulator;
let browser;
before(async () => {
  [emulator, browser] = await Promise.all([Emulator.start(), launch()]);
});
after(async () => {
  await browser?.close();
  await emulator?.stop();
});
beforeEach(() => emulator.control('POST', 'reset'));

test('a_request_shows_as_it_arrives', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const before = await page.locator('.request').count();
  assert.equal((await emulator.issueStateless()).status, 200);
  await page.locator('.request').nth(before).waitFor();
  const row = page.locator('.request').first();
  assert.equal(await row.locator('.operation').textContent(), 'issue_stateless');
  assert.equal(await row.locator('.of').textContent(), ID);
  assert.equal(await row.locator('.status').textContent(), '200');
  assert.match(await row.locator('time').textContent(), /^\d\d:\d\d:\d\d\.\d{3}$/);
  assert.equal(await row.locator('.why').count(), 0);
  await see(page.locator('.meter-head + .slots ~ *, .counts').first(), '1, no limit');
  await close();
});

test('a_refused_request_says_why_and_what_to_change', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const channel = await emulator.channel();
  const cases = [
    [() => emulator.issueStateless('wrong'), '400', 'client_secret is not the channel', 'Use the secret of this channel'],
    [() => emulator.issueStateless('x', '99'), '400', 'No channel has this client_id', 'Use the ID of a channel'],
    [() => emulator.issueJwt(assertion(channel, { aud: 'https://api.line.me' })), '400', 'without the slash', 'To change: accepted is https://api.line.me/.'],
    [() => emulator.issueJwt(assertion(channel, { exp: 300 })), '400', 'past', 'To change: exp is a moment in Unix seconds, not a lifetime.'],
    [() => emulator.issueJwt(assertion(channel, { token_exp: 2_592_000_000 })), '400', 'token_exp is 2592000000', 'To change: This looks like milliseconds'],
    [() => emulator.issueJwt(assertion(channel, {}, { kid: 'other' })), '404', 'No key is registered under the kid', 'Use the kid of a key'],
    [() => emulator.issueJwt('no.assertion'), '400', 'parts', 'To change: '],
    [() => fetch(`${emulator.url}/oauth2/v3/token`), '405', 'The endpoint takes POST', 'Send a POST request.'],
    [() => fetch(`${emulator.url}/oauth/token`), '404', 'No endpoint has this path', 'Compare the path'],
    [() => emulator.post('/oauth2/v3/token', { client_id: ID }), '400', 'The parameter grant_type is missing', 'Send grant_type in the form'],
    [() => emulator.issueJwt(assertion(channel, { aud: 'a: b": c' })), '400', 'aud is "a: b\\": c"', 'To change: accepted is'],
    [() => fetch(`${emulator.url}/v2/bot/info`), '401', 'no Authorization header', 'To change: Send `Authorization: Bearer`'],
  ];
  for (const [send, status, reason, advice] of cases) {
    assert.equal(String((await send()).status), status);
    const row = page.locator('.request.refused').filter({ hasText: reason });
    await see(row, advice);
    assert.equal(await row.locator('.status').textContent(), status);
  }
  await close();
});

test('refused_requests_and_channels_are_filtered', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const other = await emulator.channel({ id: '2000000002' });
  await page.getByRole('button', { name: 'Clear', exact: true }).first().click();
  await emulator.issueStateless();
  await emulator.issueStateless('wrong');
  await emulator.issueStateless(other.secret, other.id);
  await page.locator('.request').nth(2).waitFor();
  await page.getByLabel('Refused only').check();
  assert.deepEqual(await page.locator('.request .status').allTextContents(), ['400']);
  await page.getByLabel('Requests of').selectOption(other.id);
  await see(page.locator('#no-requests'), 'No request matches');
  await page.getByLabel('Refused only').uncheck();
  assert.deepEqual(await page.locator('.request .of').allTextContents(), [other.id]);
  await close();
});

test('html_in_a_request_is_text', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const channel = await emulator.channel();
  await emulator.issueJwt(assertion(channel, {}, { kid: HTML }));
  await emulator.issueJwt(assertion(channel, { iss: HTML, sub: HTML }));
  await emulator.issueJwt(assertion(channel, { aud: HTML }));
  await emulator.issueJwt(assertion(channel, {}, { typ: HTML }));
  await fetch(`${emulator.url}/oauth2/${HTML}`);
  for (const name of ['kid', 'iss is', 'aud is', 'typ is']) {
    const row = page.locator('.request').filter({ hasText: name });
    await see(row, '<img src=x onerror=');
  }
  assert.equal(await page.locator('img').count(), 0);
  assert.equal(await page.title(), 'LINE token emulator');
  await close();
});

test('html_in_an_assertion_is_text', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const channel = await emulator.channel();
  for (const text of [assertion(channel, { iss: HTML, extra: HTML }, { kid: HTML, [HTML]: HTML }), HTML, `${HTML}.${HTML}.${HTML}`]) {
    await page.getByLabel('Paste a JWT assertion').fill(text);
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.locator('.verdict').waitFor();
    assert.equal(await page.locator('img').count(), 0);
    await page.locator('#decode-form').getByRole('button', { name: 'Clear' }).click();
  }
  assert.equal(await page.title(), 'LINE token emulator');
  await close();
});

test('a_flood_of_requests_leaves_the_latest', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  for (let batch = 0; batch < 20; batch += 1) await Promise.all(Array.from({ length: 50 }, () => emulator.issueStateless('wrong')));
  await emulator.issueStateless();
  await page.locator('.request').first().filter({ hasText: '200' }).waitFor();
  const shown = await page.locator('.request').count();
  assert.ok(shown > 100 && shown <= 300, `${shown} rows`);
  await close();
});
