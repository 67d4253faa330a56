// Cumulet's runtime client for Node.js: asks the Runtime API for invocations and calls the function's handler.
// It speaks HTTP by itself: loading node:http takes longer than all of this.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { createRequire } from 'node:module';
import { RuntimeApi } from './runtime_api.mjs';
import { loadHandler } from './user_function.mjs';
import { namedError } from './errors.mjs';
import { logError, patchConsole, setRequestId } from './console.mjs';
import { ResponseStream, STREAMING, HIGH_WATER_MARK, HttpResponseStream } from './response_stream.mjs';

const require = createRequire(import.meta.url);

// Node ends when nothing is left to wait for; then the invocation is over, unless its handler said so before.
let whenIdle = () => {};

class Runtime {
  constructor(api, handler) {
    this.api = api;
    this.handler = handler;
    this.isAsync = handler.constructor?.name === 'AsyncFunction';
    this.onCrash = undefined; // tells of what nobody caught
  }

  async next() {
    const { headers, body } = await this.api.next();
    const id = headers['lambda-runtime-aws-request-id'];
    setRequestId(id);
    if (headers['lambda-runtime-trace-id']) process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    else delete process.env._X_AMZN_TRACE_ID;
    this.onCrash = (error) => this.api.fail(id, error);
    return { id, headers, body };
  }

  scheduleNext() {
    whenIdle = () => {};
    setImmediate(() => {
      const turn = this.handler[STREAMING] === 'response' ? this.handleOnceStreaming() : this.handleOnceNonStreaming();
      turn.catch((error) => crash('Unexpected Top Level Error', error, 1));
    });
  }

  async handleOnceNonStreaming() {
    const { id, headers, body } = await this.next();
    let isDone = false; // only the first word of the handler counts
    let waitsForEmptyEventLoop = true;

    const conclude = async (error, result) => {
      whenIdle = () => {};
      if (error !== undefined && error !== null) {
        logError('Invoke Error', error);
        await this.api.fail(id, error);
      } else {
        await this.api.answer(id, answerText(result));
      }
      this.scheduleNext();
    };
    const crashed = (error) => crash('Unexpected Top Level Error', error, 1);
    const once = (act) => (...given) => {
      if (isDone) return;
      isDone = true;
      act(...given);
    };
    const done = once((error, result) => conclude(error, result).catch(crashed));
    const callback = once((error, result) => {
      if ((error !== undefined && error !== null) || !waitsForEmptyEventLoop) conclude(error, result).catch(crashed);
      else whenIdle = () => conclude(null, result).catch(crashed);
    });
    const context = {
      get callbackWaitsForEmptyEventLoop() {
        return waitsForEmptyEventLoop;
      },
      set callbackWaitsForEmptyEventLoop(value) {
        waitsForEmptyEventLoop = value;
      },
      succeed: (result) => done(null, result),
      fail: (error) => done(error === undefined || error === null ? 'handled' : error),
      done,
    };
    whenIdle = () => {
      if (isDone) return;
      isDone = true;
      const unresolved = namedError('Runtime.NodeJsExit',
        'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was '
        + 'never settled. For more information, see '
        + 'https://nodejs.org/docs/latest/api/process.html#exit-codes');
      conclude(this.isAsync ? unresolved : null, null).catch(crashed);
    };
    try {
      fillContext(context, headers);
      const result = this.handler(JSON.parse(body), context, callback);
      if (typeof result?.then === 'function') result.then(context.succeed, context.fail).catch(context.fail);
    } catch (error) {
      callback(error ?? 'handled');
    }
  }

  async handleOnceStreaming() {
    const { id, headers, body } = await this.next();
    const stream = new ResponseStream(this.api, id, this.handler[HIGH_WATER_MARK]);
    const context = { callbackWaitsForEmptyEventLoop: true };
    const goOn = () => {
      if (context.callbackWaitsForEmptyEventLoop) whenIdle = () => this.scheduleNext();
      else this.scheduleNext();
    };
    const fail = async (error) => {
      logError('Invoke Error', error);
      await stream.fail(error);
      goOn();
    };
    whenIdle = () => this.scheduleNext();
    try {
      fillContext(context, headers);
      const result = this.handler(JSON.parse(body), stream, context);
      if (typeof result?.then !== 'function') {
        await fail('Streaming does not support non-async handlers.');
        return;
      }
      if ((await result) !== undefined) console.warn('Streaming handlers ignore return values.');
      if (!stream.writableEnded) {
        await fail('Response stream is not finished.');
        return;
      }
      await stream.sent;
      goOn();
    } catch (error) {
      await fail(error);
    }
  }
}

function answerText(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
}

// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
function fillContext(context, headers) {
  const { env } = process;
  const deadline = headers['lambda-runtime-deadline-ms'];
  Object.assign(context, {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsedHeader(headers['lambda-runtime-client-context'], 'ClientContext'),
    identity: parsedHeader(headers['lambda-runtime-cognito-identity'], 'CognitoIdentity'),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  });
}

function parsedHeader(text, name) {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(text, 'latin1').toString()); // headers are read as Latin-1; what they hold is UTF-8
  } catch (error) {
    throw new Error(`Cannot parse ${name} as json: ${error}`);
  }
}

let runtime;

// What nobody caught ends the process: as a failed init before the first invocation, as the invocation's failure later.
function crash(what, error, code) {
  logError(what, error);
  const told = runtime?.onCrash ? runtime.onCrash(error) : api.failInit(error);
  Promise.resolve(told).catch(() => {}).finally(() => process.exit(code));
}

patchConsole();
const api = new RuntimeApi(process.env.AWS_LAMBDA_RUNTIME_API);
process.on('uncaughtException', (error) => crash('Uncaught Exception', error, 129));
process.on('unhandledRejection', (reason, promise) => {
  const error = namedError('Runtime.UnhandledPromiseRejection', String(reason));
  crash('Unhandled Promise Rejection', Object.assign(error, { reason, promise }), 128);
});
process.on('beforeExit', () => whenIdle());

globalThis.awslambda = {
  streamifyResponse(handler, options) {
    handler[STREAMING] = 'response';
    if (typeof options?.highWaterMark === 'number') handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
    return handler;
  },
  HttpResponseStream,
};

try {
  runtime = new Runtime(api, await loadHandler(require, process.env.LAMBDA_TASK_ROOT, process.env._HANDLER));
  runtime.scheduleNext();
} catch (error) {
  crash('Uncaught Exception', error, 129);
}
