// Finds and loads the function's handler: "folder/module.nested.function".
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { namedError } from './errors.mjs';

export async function loadHandler(require, root, named) {
  if (named.includes('..'))
    throw namedError('Runtime.MalformedHandlerName',
      `'${named}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  const base = path.basename(named);
  const folder = named.slice(0, named.indexOf(base));
  const match = /^([^.]*)\.(.*)$/.exec(base);
  if (!match) throw namedError('Runtime.MalformedHandlerName', 'Bad handler');
  const [, module, members] = match;
  let loaded;
  try {
    loaded = await load(require, root, folder, module);
  } catch (error) {
    if (error instanceof SyntaxError) throw namedError('Runtime.UserCodeSyntaxError', String(error), error);
    if (error?.code === 'MODULE_NOT_FOUND') throw namedError('Runtime.ImportModuleError', withHint(String(error)), error);
    if (error?.code === 'ERR_MODULE_NOT_FOUND') error.message = withHint(error.message);
    throw error;
  }
  const handler = members.split('.').reduce((value, member) => value && value[member], loaded);
  if (!handler) throw namedError('Runtime.HandlerNotFound', `${named} is undefined or not exported`);
  if (typeof handler !== 'function') throw namedError('Runtime.HandlerNotFound', `${named} is not a function`);
  return handler;
}

function withHint(message) {
  if (!/@aws-sdk\/|@smithy\//.test(message) || existsSync('/var/runtime/node_modules/@aws-sdk')) return message;
  return `${message} (the AWS SDK for JavaScript is not installed for Cumulet's functions on this machine: \`cumulet doctor\` tells how)`;
}

async function load(require, root, folder, module) {
  const file = path.resolve(root, folder, module);
  const isModule = isModuleFolder(path.dirname(file));
  const required = (extension) => (existsSync(file + extension) ? require(file + extension) : undefined);
  const imported = (extension) => (existsSync(file + extension) ? import(file + extension) : undefined);
  const typed = Number(process.versions.node.split('.')[0]) >= 24;
  return required('')
    ?? (isModule ? await imported('.js') : required('.js'))
    ?? await imported('.mjs')
    ?? required('.cjs')
    ?? (typed ? (isModule ? await imported('.ts') : required('.ts')) ?? await imported('.mts') ?? required('.cts') : undefined)
    ?? require(require.resolve(module, { paths: [root, path.resolve(root, folder)] }));
}

// As Node decides: by the nearest package.json, not beyond node_modules.
function isModuleFolder(folder) {
  if (folder.endsWith('/node_modules')) return false;
  const file = path.join(folder, 'package.json');
  if (existsSync(file)) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'))?.type === 'module';
    } catch (error) {
      console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return folder === '/' ? false : isModuleFolder(path.dirname(folder));
}
