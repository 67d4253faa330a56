// The Runtime API over one connection that is kept. Whatever goes wrong with it ends the process: the engine starts
// another one.
import net from 'node:net';
import { errorDocument } from './errors.mjs';

const EMPTY = Buffer.alloc(0);

export class RuntimeApi {
  constructor(address) {
    this.address = address;
    const colon = address.lastIndexOf(':');
    this.socket = net.connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true });
    this.socket.on('data', (piece) => this.#take(piece));
    this.socket.on('error', () => process.exit(1));
    this.socket.on('close', () => process.exit(1));
    this.read = EMPTY;
    this.waiting = undefined;
  }

  // {headers by their names in small letters, body: text}. While it waits for an invocation it keeps the process alive; nothing
  // else of it does.
  next() {
    return this.exchange('GET', 'invocation/next');
  }

  answer(id, body) {
    return this.exchange('POST', `invocation/${id}/response`, body, 'Content-Type: application/json\r\n');
  }

  fail(id, error) {
    return this.#report(`invocation/${id}/error`, error);
  }

  failInit(error) {
    return this.#report('init/error', error);
  }

  #report(path, error) {
    const document = errorDocument(error);
    const type = String(document.errorType).replace(/[^ -~]/g, '');
    return this.exchange('POST', path, JSON.stringify(document),
      `Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: ${type}\r\n`);
  }

  exchange(method, path, body, headers = '') {
    const head = this.head(method, path, headers);
    if (body === undefined) this.socket.write(`${head}\r\n`);
    else this.socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return this.reply();
  }

  head(method, path, headers) {
    return `${method} /2018-06-01/runtime/${path} HTTP/1.1\r\nHost: ${this.address}\r\n${headers}`;
  }

  reply() {
    this.socket.ref();
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.#take(EMPTY);
    });
  }

  #take(piece) {
    this.read = this.read.length === 0 ? piece : Buffer.concat([this.read, piece]);
    if (!this.waiting) return;
    const end = this.read.indexOf('\r\n\r\n');
    if (end < 0) return;
    this.length ??= Number(/\r\ncontent-length: *(\d+)/i.exec(this.read.latin1Slice(0, end))?.[1] ?? 0);
    if (this.read.length < end + 4 + this.length) return;
    const headers = {};
    for (const line of this.read.latin1Slice(0, end).split('\r\n').slice(1)) {
      const colon = line.indexOf(':');
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    const body = this.read.utf8Slice(end + 4, end + 4 + this.length);
    this.read = this.read.subarray(end + 4 + this.length);
    this.length = undefined;
    const resolve = this.waiting;
    this.waiting = undefined;
    this.socket.unref(); // the handler's own work decides when the event loop is empty
    resolve({ headers, body });
  }
}
