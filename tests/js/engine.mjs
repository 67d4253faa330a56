// Starts one engine of its own on a free port, and makes clients for it. Stop it with stop().
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export async function startEngine(more = []) {
  const program = process.env.CUMULET_PROGRAM ?? "build/release/bin/cumulet";
  const child = spawn(program, ["up", "--ephemeral", "--port", "0", "--log-level", "warn", ...more], { stdio: ["ignore", "pipe", "inherit"] });
  const endpoint = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the engine was not ready in two minutes")), 120_000);
    createInterface({ input: child.stdout }).on("line", (line) => {
      const found = line.match(/http:\/\/\S+/);
      if (found) { clearTimeout(timer); resolve(found[0]); }
    });
    child.on("exit", (code) => { clearTimeout(timer); reject(new Error(`the engine ended with ${code}`)); });
  });
  const config = { endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
  return {
    endpoint,
    client: (Client, more = {}) => new Client({ ...config, ...more }),
    stop: () => new Promise((resolve) => { child.removeAllListeners("exit"); child.on("exit", resolve); child.kill("SIGTERM"); }),
  };
}

export async function bodyText(stream) {
  return stream.transformToString();
}
