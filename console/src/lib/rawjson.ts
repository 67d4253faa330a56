import { HttpRequest } from "@smithy/protocol-http";
import { signerFor } from "./readapi";
import { renewSession } from "./session";

// A call of a service that speaks awsJson 1.1, without its SDK client: for members that AWS's models do not have (whose
// face it is, in Rekognition's answers), and where a client would be larger than the room.
export async function callJson<T>(service: string, target: string, input: unknown, signal?: AbortSignal): Promise<T> {
  const body = JSON.stringify(input);
  for (let attempt = 0; ; ++attempt) {
    const request = new HttpRequest({
      protocol: location.protocol, hostname: location.hostname, ...(location.port ? { port: Number(location.port) } : {}),
      method: "POST", path: "/", headers: { host: location.host, "content-type": "application/x-amz-json-1.1", "x-amz-target": target }, body,
    });
    const signed = await (await signerFor(service)).sign(request);
    const { host: _, ...headers } = signed.headers;
    const answer = await fetch("/", { method: "POST", headers, body, signal: signal ?? null });
    if (answer.ok) return (await answer.json()) as T;
    const told = (await answer.json().catch(() => null)) as { __type?: string; message?: string; Message?: string } | null;
    const error = new Error(told?.message ?? told?.Message ?? `The engine answers ${answer.status}.`);
    error.name = told?.__type?.split("#").at(-1) ?? "Error";
    if (error.name === "UnrecognizedClientException" && attempt === 0) {
      await renewSession();
      continue;
    }
    throw error;
  }
}
