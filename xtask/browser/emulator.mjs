// The emulator that the tests start, and requests to it by a client that is no browser.

import { spawn } from 'node:child_process';
import { createPrivateKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const PROGRAM = process.env.LINE_CHANNEL_TOKEN ?? '';
const READY = 'line-channel-token emulator is ready at ';

/** The channel that each emulator here has from the beginning. */
export const ID = '1234567890';
export const SECRET = '0f1e2d3c4b5a69788796a5b4c3d2e1f0';

export class Emulator {
  #process;
  #log = '';

  /** Starts one on a free port, with these settings beside. */
  static async start(variables = {}) {
    const emulator = new Emulator();
    emulator.variables = variables;
    await emulator.run('0');
    return emulator;
  }

  async run(port) {
    const environment = { ...process.env, LINE_EMULATOR_CHANNEL: ID, [`LINE_EMULATOR_SECRET_${ID}`]: SECRET, ...this.variables };
    this.#process = spawn(PROGRAM, ['emulator', '--port', port], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.stderr.on('data', (text) => { this.#log += text; });
    this.exited = once(this.#process, 'exit');
    const line = await Promise.race([once(createInterface(this.#process.stdout), 'line'), this.exited]);
    const ready = String(line[0]);
    if (!ready.startsWith(READY)) throw new Error(`the emulator did not start: ${ready}\n${this.#log}`);
    this.url = ready.slice(READY.length).trim();
  }

  async stop() {
    this.#process.kill('SIGTERM');
    await this.exited;
  }

  /** Another process on the same port, which knows nothing of the first. */
  async startAgain() {
    await this.run(new URL(this.url).port);
  }

  /** A form, as a client of LINE's sends it. */
  async post(path, form) {
    return fetch(this.url + path, { method: 'POST', body: new URLSearchParams(form) });
  }

  async issueStateless(secret = SECRET, id = ID) {
    return this.post('/oauth2/v3/token', { grant_type: 'client_credentials', client_id: id, client_secret: secret });
  }

  async issueJwt(assertion) {
    return this.post('/oauth2/v2.1/token', {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    });
  }

  /** The control API, without a browser. */
  async control(method, path, body) {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${this.url}/_emulator/${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  }

  /** A channel of a test's own, with a key. */
  async channel(members = {}) {
    const { channel, secret, key } = await this.control('POST', 'channels', { generate_key: true, ...members });
    return { id: channel.id, secret, kid: key.kid, key: createPrivateKey(key.private_key) };
  }
}

/** An assertion of a channel; the members given here replace those that LINE wants. */
export function assertion(channel, claims = {}, header = {}) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = [
    part({ alg: 'RS256', typ: 'JWT', kid: channel.kid, ...header }),
    part({ iss: channel.id, sub: channel.id, aud: 'https://api.line.me/', exp: now + 300, token_exp: 86_400, ...claims }),
  ].join('.');
  return `${signed}.${sign('sha256', Buffer.from(signed), channel.key).toString('base64url')}`;
}
