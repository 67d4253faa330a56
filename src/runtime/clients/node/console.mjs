// The console as Lambda has it: each call is one record of the log, in AWS's text or JSON format.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html
import { writeSync } from 'node:fs';
import { format } from 'node:util';
import { errorLine, intoError } from './errors.mjs';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const METHODS = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR', fatal: 'FATAL' };
const isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === 'JSON';
const REQUEST_ID = Symbol.for('aws.lambda.runtime.requestId');

export function setRequestId(id) {
  globalThis[REQUEST_ID] = id;
}

// One event of the log, however many lines it has (services/lambda/output_log.hpp).
function logRecord(text) {
  let left = Buffer.from(`\x1e[${text.replaceAll('\x1e', '\x1ee').replaceAll('\n', '\x1en')}\n`);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
    }
  }
}

function jsonRecord(level, given) {
  const record = { timestamp: new Date().toISOString(), level, requestId: globalThis[REQUEST_ID] };
  const shown = (_, value) => (value instanceof Error
    ? { errorType: value.constructor?.name ?? 'UnknownError', errorMessage: value.message,
        stackTrace: typeof value.stack === 'string' ? value.stack.split('\n') : value.stack, ...value }
    : value);
  if (given.length === 1) {
    try {
      return JSON.stringify({ ...record, message: given[0] }, shown);
    } catch {
      return JSON.stringify({ ...record, message: format(given[0]) });
    }
  }
  record.message = format(...given);
  const error = given.find((value) => value instanceof Error);
  if (error) {
    record.errorType = error.constructor?.name ?? 'UnknownError';
    record.errorMessage = error.message;
    record.stackTrace = typeof error.stack === 'string' ? error.stack.split('\n') : [];
  }
  return JSON.stringify(record);
}

export function patchConsole() {
  const least = Math.max(0, LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()));
  for (const [method, level] of Object.entries(METHODS)) {
    const isLogged = LEVELS.indexOf(level) >= least;
    console[method] = !isLogged ? () => {}
      : isJson ? (...given) => logRecord(jsonRecord(level, given) + '\n')
        : (...given) => logRecord(`${new Date().toISOString()}\t${globalThis[REQUEST_ID]}\t${level}\t${format(...given)}\n`);
  }
}

export function logError(what, error) {
  if (isJson) console.error(intoError(error));
  else console.error(what, errorLine(intoError(error)));
}
