import { HttpRequest } from "@smithy/protocol-http";
import { ReadError, signerFor } from "./readapi";
import { renewSession } from "./session";

// One call of an AWS service that speaks the Query protocol, answered in JSON: for a room that needs a single operation of a
// service, whose SDK client would weigh more than the room. Times come as seconds.
//   const { Stacks } = await query<{ Stacks: Stack[] }>("cloudformation", "2010-05-15", "DescribeStacks");
export async function query<T>(service: string, version: string, action: string, parameters: Record<string, string> = {}): Promise<T> {
  const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
  for (let attempt = 0; ; ++attempt) {
    const signed = await (await signerFor(service)).sign(new HttpRequest({
      protocol: location.protocol, hostname: location.hostname, ...(location.port ? { port: Number(location.port) } : {}), method: "POST", path: "/",
      headers: { host: location.host, "content-type": "application/x-www-form-urlencoded; charset=utf-8", accept: "application/json" }, body,
    }));
    const { host: _, ...headers } = signed.headers; // the browser writes it
    const answer = await fetch("/", { method: "POST", headers, body });
    const told = (await answer.json().catch(() => null)) as Record<string, Record<string, unknown>> | null;
    if (answer.ok && told) return told[`${action}Response`]?.[`${action}Result`] as T;
    if (answer.status === 403 && attempt === 0) {
      await renewSession();
      continue;
    }
    const error = told?.["Error"] as { Code?: string; Message?: string } | undefined;
    throw new ReadError(answer.status, error?.Code ?? "", error?.Message ?? `The engine answers ${answer.status}.`);
  }
}
