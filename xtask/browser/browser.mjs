// Chromium, and pages that say what they should not have done.

import assert from 'node:assert/strict';

import axe from 'axe-core';
import { chromium } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
// The first for root in a container, the rest so that the browser itself asks nobody for anything.
const ARGUMENTS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { width: 360, height: 740 };

export async function launch() {
  return chromium.launch({ executablePath: PROGRAM, args: ARGUMENTS });
}

/**
 * The page of an emulator, in a context of its own. Requests to elsewhere are stopped, and fail `check`, as messages on the console and
 * violations of the policy do, unless `expected` matches them.
 */
export async function open(browser, emulator, { viewport = DESKTOP, colorScheme = 'light', expected = /^$/, ...settings } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, ...settings });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: emulator.url });
  const faults = [];
  const fault = (text) => { if (!expected.test(text)) faults.push(text); };
  await context.route((url) => url.origin !== emulator.url, (route) => {
    fault(`a request to ${route.request().url()}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => fault(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => fault(`error: ${error.message}`));
  await page.goto(emulator.url);
  const check = () => assert.deepEqual(faults, []);
  const close = async () => {
    check();
    await context.close();
  };
  return { page, check, close };
}

export async function live(page) {
  await page.locator('#link[data-state=live]').waitFor();
}

/** Waits until a text is there. */
export async function see(locator, text) {
  await locator.filter({ hasText: text }).first().waitFor();
}

/** What axe-core finds, each with its elements. */
export async function violations(page) {
  // The policy of the page allows no script but its own, and this one is not inserted into the document.
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run());
  return found.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

/** What is wider than the window. */
export async function overflow(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const wide = [...document.body.querySelectorAll('*')].filter((node) => node.getBoundingClientRect().right > root.clientWidth + 1);
    return [`${root.scrollWidth} px`, ...wide.map((node) => `${node.tagName}#${node.id}.${node.className}`)];
  });
}

/** Everything on the page that can be shown at once: a new channel's secrets, keys and tokens, a fault, an inspection. */
export async function fill(page, pasted) {
  await page.getByLabel('Paste a JWT assertion').fill(pasted);
  await page.getByRole('button', { name: 'Check', exact: true }).click();
  await page.locator('.findings').waitFor();
  await page.getByRole('button', { name: 'Add fault' }).click();
  await page.locator('#faults li').first().waitFor();
  for (const summary of await page.locator('summary').all()) await summary.click();
  await page.getByRole('button', { name: 'New channel' }).click();
  await page.getByRole('button', { name: 'Create channel' }).click();
  await page.locator('.once').waitFor();
  await page.getByRole('button', { name: 'New channel' }).click();
}
