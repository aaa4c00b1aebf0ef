// The pictures in the documentation: node screenshots.mjs DIRECTORY

import { join } from 'node:path';

import { launch, live, open, see } from './browser.mjs';
import { Emulator, ID, SECRET, assertion } from './emulator.mjs';

const [directory] = process.argv.slice(2);
const [emulator, browser] = await Promise.all([Emulator.start(), launch()]);
try {
  const channel = await emulator.channel({ id: '2007654321' });
  for (let issued = 0; issued < 11; issued += 1) await emulator.issueJwt(assertion(channel));
  await emulator.post('/v2/oauth/accessToken', { grant_type: 'client_credentials', client_id: ID, client_secret: SECRET });
  await emulator.issueStateless('wrong');
  await emulator.issueStateless();
  await emulator.issueJwt(assertion(channel, { aud: 'https://api.line.me' }));
  await emulator.issueJwt(assertion(channel));
  await emulator.issueJwt(assertion(channel, { token_exp: 2_592_000_000 }));
  await emulator.issueStateless();
  for (const [colorScheme, name] of [['light', 'emulator-page.png'], ['dark', 'emulator-page-dark.png']]) {
    const { page, close } = await open(browser, emulator, { colorScheme, viewport: { width: 1280, height: 960 }, timezoneId: 'UTC' });
    await live(page);
    await see(page.locator('.request'), 'milliseconds');
    await page.getByRole('tab', { name: 'Node' }).click();
    await page.screenshot({ path: join(directory, name), animations: 'disabled' });
    await close();
  }
} finally {
  await browser.close();
  await emulator.stop();
}
