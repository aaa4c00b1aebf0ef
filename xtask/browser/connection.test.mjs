// A server that asks for a control token, goes away, and comes back.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { launch, live, open, see } from './browser.mjs';
import { Emulator, ID } from './emulator.mjs';

const TOKEN = 'control-token-of-the-test-0123456789';

let browser;
let emulator;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());
afterEach(() => emulator?.stop());

test('a_control_token_is_asked_for_and_kept_in_the_tab', async () => {
  emulator = await Emulator.start({ LINE_EMULATOR_CONTROL_TOKEN: TOKEN });
  const { page, close } = await open(browser, emulator, { expected: /status of 401/ });
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  assert.equal(await page.locator('.channel').count(), 0);
  await dialog.getByLabel('Control token').fill('“pasted”');
  await page.keyboard.press('Enter');
  await see(dialog, 'beyond ASCII');
  await dialog.getByLabel('Control token').fill('wrong');
  await page.keyboard.press('Enter');
  await see(dialog, 'not the control token');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Connect now' }).click();
  await dialog.getByLabel('Control token').fill(TOKEN);
  await dialog.getByRole('button', { name: 'Unlock' }).click();
  await live(page);
  await see(page.locator('.channel h3'), ID);
  await emulator.issueStateless('wrong');
  await page.locator('.request.refused').waitFor();
  await page.getByRole('button', { name: '+1 h', exact: true }).click();
  await see(page.locator('#toast'), '1 h further');
  assert.ok(!page.url().includes(TOKEN));
  await page.reload();
  await live(page);
  assert.equal(await dialog.count(), 0, 'it is kept over a reload');
  await close();
});

test('the_page_recovers_when_the_server_restarts', async () => {
  emulator = await Emulator.start();
  const { page, close } = await open(browser, emulator, { expected: /ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET|EMPTY_RESPONSE)/ });
  await live(page);
  for (let sent = 0; sent < 3; sent += 1) await emulator.issueStateless();
  await page.locator('.request').nth(2).waitFor();
  await emulator.stop();
  await see(page.locator('#link'), 'Not connected');
  await see(page.locator('#notice'), 'The next attempt is in');
  await page.getByRole('button', { name: '+1 h', exact: true }).click();
  await see(page.locator('#toast'), 'cannot be reached');
  await emulator.startAgain();
  await live(page);
  await page.locator('#notice').waitFor({ state: 'hidden' });
  await see(page.locator('#no-requests'), 'No requests yet');
  await emulator.issueStateless('wrong');
  await see(page.locator('.request'), 'client_secret is not the channel');
  await close();
});

test('one_can_connect_at_once', async () => {
  emulator = await Emulator.start();
  const { page, close } = await open(browser, emulator, { expected: /ERR_/ });
  await live(page);
  await emulator.stop();
  // After some failed attempts the next is seconds away.
  await see(page.locator('#notice-text'), /in [3-9] s/);
  await emulator.startAgain();
  await page.getByRole('button', { name: 'Connect now' }).click();
  await page.locator('#link[data-state=live]').waitFor({ timeout: 2800 });
  await close();
});
