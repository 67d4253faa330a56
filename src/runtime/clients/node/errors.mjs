// Errors as AWS's runtime tells them. https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
import { types } from 'node:util';

export function namedError(name, message, cause) {
  const error = new Error(message);
  error.name = name;
  Object.defineProperty(error, 'name', { enumerable: false });
  if (cause?.stack) error.stack = `${name}: ${cause.stack}`;
  else Error.captureStackTrace?.(error, namedError);
  return error;
}

export function intoError(error) {
  return error instanceof Error ? error : new Error(error);
}

function isLikeAnError(value) {
  return ['name', 'message', 'stack'].every((member) => typeof value?.[member] === 'string' && value[member]);
}

// What the caller of the function gets.
export function errorDocument(error) {
  try {
    if (types.isNativeError(error) || isLikeAnError(error))
      return { errorType: error.name, errorMessage: error.message, trace: error.stack.split('\n') };
    return { errorType: typeof error, errorMessage: error.toString(), trace: [] };
  } catch {
    return {
      errorType: 'handled',
      errorMessage: 'callback called with Error argument, but there was a problem while retrieving one or more of its message, '
        + 'name, and stack',
    };
  }
}

// What stands in the log: an error's own members are not enumerable, so that JSON would leave them out.
export function errorLine(error) {
  const shown = (_, value) => {
    if (!(value instanceof Error)) return value;
    const members = { errorType: value.name, errorMessage: value.message, code: value.code, ...value };
    if (typeof value.stack === 'string') members.stack = value.stack.split('\n');
    return members;
  };
  try {
    return `\t${JSON.stringify(error, shown)}`;
  } catch {
    return `\t${JSON.stringify(errorDocument(error))}`;
  }
}
