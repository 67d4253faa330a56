// The stream that awslambda.streamifyResponse gives a handler: what is written goes to the Runtime API in chunks.
// https://docs.aws.amazon.com/lambda/latest/dg/config-rs-write-functions.html
import { Writable } from 'node:stream';
import { errorDocument, namedError } from './errors.mjs';

export const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
export const HIGH_WATER_MARK = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

export class ResponseStream extends Writable {
  #api;
  #id;
  #contentType = 'application/octet-stream';
  #hasBegun = false;
  #hasEnded;

  constructor(api, id, highWaterMark) {
    super({ highWaterMark, decodeStrings: true });
    this.#api = api;
    this.#id = id;
    this.sent = new Promise((resolve) => { this.#hasEnded = resolve; }); // the engine has all of it
    this.on('error', () => {});
  }

  setContentType(contentType) {
    if (this.#hasBegun) throw namedError('Runtime.InvalidStreamingOperation', 'Cannot set content-type, too late.');
    this.#contentType = contentType;
  }

  write(chunk, encoding, callback) {
    const isBytes = typeof chunk === 'string' || Buffer.isBuffer(chunk) || chunk instanceof Uint8Array;
    return super.write(isBytes ? chunk : JSON.stringify(chunk), encoding, callback);
  }

  #begin() {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#api.socket.write(this.#api.head('POST', `invocation/${this.#id}/response`,
      `Content-Type: ${this.#contentType}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n`
      + 'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n'));
    this._onBeforeFirstWrite?.((piece) => this.#send(Buffer.from(piece)));
  }

  #send(piece, callback) {
    if (piece.length === 0) {
      callback?.();
      return;
    }
    this.#api.socket.write(`${piece.length.toString(16)}\r\n`);
    this.#api.socket.write(piece);
    this.#api.socket.write('\r\n', callback);
  }

  _write(chunk, _encoding, callback) {
    this.#begin();
    this.#send(chunk, callback);
  }

  _final(callback) {
    this.#end('').then(() => callback(), callback);
  }

  async #end(trailers) {
    this.#begin();
    this.#api.socket.write(`0\r\n${trailers}\r\n`);
    await this.#api.reply();
    this.#hasEnded();
  }

  // After the stream began, an error is told in trailers.
  async fail(error) {
    if (this.writableEnded) return;
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      await this.#api.fail(this.#id, error);
      this.#hasEnded();
      return;
    }
    const document = errorDocument(error);
    const type = String(document.errorType).replace(/[^ -~]/g, '');
    await this.#end(`Lambda-Runtime-Function-Error-Type: ${type}\r\nLambda-Runtime-Function-Error-Body: `
      + `${Buffer.from(JSON.stringify(document)).toString('base64')}\r\n`);
  }
}

export class HttpResponseStream {
  // The head of an HTTP answer as JSON, eight zero bytes, then the body.
  static from(stream, prelude) {
    stream.setContentType('application/vnd.awslambda.http-integration-response');
    const text = JSON.stringify(prelude);
    stream._onBeforeFirstWrite = (write) => {
      write(text);
      write(new Uint8Array(8));
    };
    return stream;
  }
}
