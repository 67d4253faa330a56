// JSON over this server's own API.

export class Refusal extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

function refusalOf(status: number, text: string): Refusal {
  let message = `The server answered ${status}`;
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "description" in body && typeof body.description === "string")
      message = body.description.replace(/^Bad Request: /, "");
  } catch {
    // no JSON: the status says enough
  }
  return new Refusal(status, message);
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await fetch(path, { signal: signal ?? null, headers: { Accept: "application/json" } });
  if (!answer.ok) throw refusalOf(answer.status, await answer.text());
  return (await answer.json()) as T;
}

export async function postJson<T>(path: string, body: unknown): Promise<T> {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw refusalOf(answer.status, await answer.text());
  return (await answer.json()) as T;
}

// fetch() tells nothing of an upload's progress; XMLHttpRequest does.
export function upload<T>(path: string, file: File, progress: (share: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.upload.onprogress = (event) => progress(event.lengthComputable && event.total > 0 ? event.loaded / event.total : 0);
    request.onload = () => {
      if (request.status === 200) resolve(JSON.parse(request.responseText) as T);
      else reject(refusalOf(request.status, request.responseText));
    };
    request.onerror = () => reject(new Error("The connection was lost"));
    request.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
