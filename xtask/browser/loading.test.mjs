// What holds for the page as a whole: what it loads, how it looks, and that it works without a mouse.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { DESKTOP, PHONE, fill, launch, live, open, overflow, see, violations } from './browser.mjs';
import { Emulator, ID, assertion } from './emulator.mjs';

let emulator;
let browser;
let pasted;
before(async () => {
  [emulator, browser] = await Promise.all([Emulator.start(), launch()]);
  const channel = await emulator.channel({ id: '2007654321' });
  pasted = assertion(channel, { aud: 'https://api.line.me', exp: 1 });
  await emulator.issueStateless();
  await emulator.issueStateless('wrong');
  await emulator.issueJwt(assertion(channel));
  await emulator.issueJwt(pasted);
});
after(async () => {
  await browser?.close();
  await emulator?.stop();
});

test('the_page_loads_from_its_server_alone', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  await see(page.locator('.channel h3'), ID);
  assert.equal(await page.locator('#base-url').textContent(), emulator.url);
  assert.equal(await page.locator('.request').count(), 4);
  const text = await (await fetch(emulator.url)).text();
  assert.equal(/\b(?:src|href)="(?!_emulator\/|#|data:,)/.exec(text), null, 'a reference to elsewhere');
  await close();
});

test('the_policy_allows_no_other_script', async () => {
  const { page, close } = await open(browser, emulator, { expected: /Content Security Policy/ });
  await live(page);
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'document.title = "changed"';
    document.body.append(script);
    document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="document.title = `changed`">');
  });
  await page.waitForTimeout(200);
  assert.equal(await page.title(), 'LINE token emulator');
  await close();
});

for (const [size, viewport] of [['1280_px', DESKTOP], ['320_px', { width: 320, height: 640 }]]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe_finds_nothing_at_${size}_in_${colorScheme}`, async () => {
      const { page, close } = await open(browser, emulator, { viewport, colorScheme, reducedMotion: 'reduce' });
      await live(page);
      await page.locator('.request').first().waitFor();
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(await overflow(page), []);
      await fill(page, pasted);
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(await overflow(page), []);
      await close();
    });
  }
}

test('many_channels_can_be_searched', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const ids = Array.from({ length: 300 }, (_, index) => String(1_800_000_000 + index));
  const all = (make) => Promise.all(Array.from({ length: 20 }, async (_, part) => {
    for (const id of ids.slice(part * 15, part * 15 + 15)) await make(id);
  }));
  await all((id) => emulator.control('POST', 'channels', { id }));
  await see(page.locator('#channels-shown'), /The latest 50 of 3\d\d channels/);
  await page.getByLabel('Find channels').fill('1800000007');
  await see(page.locator('#channels-shown'), /^1 channel$/);
  assert.deepEqual(await page.locator('.channel h3').allTextContents(), ['1800000007']);
  await emulator.issueStateless('wrong', '1800000007');
  await page.locator('.request').first().filter({ hasText: '1800000007' }).waitFor({ timeout: 5000 });
  await emulator.control('POST', 'reset');
  await page.getByLabel('Find channels').fill('');
  await page.locator('#channel-filter').waitFor({ state: 'hidden' });
  await emulator.channel({ id: '2007654321' });
  await close();
});

test('forced_colors_show_what_is_selected', async () => {
  const { page, close } = await open(browser, emulator, { forcedColors: 'active' });
  await live(page);
  const color = (selector) => page.locator(selector).first().evaluate((node) => getComputedStyle(node).backgroundColor);
  assert.notEqual(await color('#tabs [aria-selected=true]'), await color('#tabs [aria-selected=false]'));
  // Without it the browser paints another colour than it computes.
  assert.equal(await page.locator('#tabs [aria-selected=true]').evaluate((node) => getComputedStyle(node).forcedColorAdjust), 'none');
  assert.notEqual(await color('.slots'), await color('.slots > div'));
  await close();
});

test('nothing_secret_is_stored', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  await fill(page, pasted);
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
  await close();
});

test('many_channels_leave_the_requests_near', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  const ids = Array.from({ length: 40 }, (_, index) => String(1_700_000_000 + index));
  for (const id of ids) await emulator.control('POST', 'channels', { id, generate_key: false });
  await page.locator('.channel').nth(40).waitFor();
  const { y } = await page.locator('#requests').boundingBox();
  assert.ok(y < 1200, `the requests begin at ${y} px`);
  for (const id of ids) await emulator.control('DELETE', `channels/${id}`);
  await page.locator('.channel').nth(39).waitFor({ state: 'detached' });
  await close();
});

test('long_texts_do_not_widen_the_page', async () => {
  const { page, close } = await open(browser, emulator, { viewport: PHONE });
  await live(page);
  await page.getByLabel('Paste a JWT assertion').fill('x'.repeat(3000));
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.locator('#inspection, #decode-error').filter({ visible: true }).waitFor();
  for (const tab of await page.getByRole('tab').all()) {
    await tab.click();
    assert.deepEqual(await overflow(page), []);
  }
  await close();
});

test('the_keyboard_reaches_everything_and_shows_where', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  const reached = new Set();
  for (let presses = 0; presses < 200; presses += 1) {
    const at = await page.evaluate(() => {
      const node = document.activeElement;
      if (node === document.body) return null;
      const style = getComputedStyle(node);
      return { name: (node.getAttribute('aria-label') ?? node.textContent).trim() || node.id, id: node.id, visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
    });
    if (!at || (at.id && reached.has(at.id))) break;
    assert.ok(at.visible, `the focus on ${at.name} cannot be seen`);
    reached.add(at.id);
    reached.add(at.name);
    await page.keyboard.press('Tab');
  }
  const wanted = ['New channel', 'Revoke all tokens of 2007654321', 'refused-only', 'log', 'decode-text', '+30 days', 'fault-kind', 'Add fault', 'openapi.json'];
  assert.deepEqual(wanted.filter((name) => !reached.has(name)), []);
  await close();
});

test('a_channel_is_created_by_keyboard_alone', async () => {
  const { page, close } = await open(browser, emulator);
  await live(page);
  await page.locator('#new-channel').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('1650000001');
  await page.keyboard.press('Enter');
  await see(page.locator('.channel h3'), '1650000001');
  const done = page.getByRole('button', { name: 'Done' });
  await done.focus();
  await page.keyboard.press('Space');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'channels-title');
  await page.locator('#tab-curl').focus();
  await page.keyboard.press('Home');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'tab-Rust');
  await page.keyboard.press('ArrowRight');
  await see(page.locator('#code'), 'baseURL');
  await close();
});
