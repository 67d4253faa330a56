// Starts fauxqs, an SQS-compatible server from npm, on a free loopback port, prints the port, and runs until its input ends.
// It keeps queues in memory; with a folder as argument (and Node 22.5 or newer, whose SQLite it uses) on disk.
import module from "node:module";

if (!module.builtinModules.includes("sqlite") && !module.isBuiltin("node:sqlite")) {
  // It imports node:sqlite even where it keeps everything in memory; older Nodes have none.
  const stub = "data:text/javascript,export class DatabaseSync {}";
  const hook = `export const resolve = (name, context, next) =>
    name === "node:sqlite" ? { url: ${JSON.stringify(stub)}, shortCircuit: true } : next(name, context);`;
  module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
const { startFauxqs } = await import("fauxqs");
const server = await startFauxqs({ port: 0, logger: false, ...(process.argv[2] ? { dataDir: process.argv[2] } : {}) });
console.log(server.port);
process.stdin.resume().on("end", async () => { await server.stop(); process.exit(0); });
