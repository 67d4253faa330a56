import { Store } from "./store";

// Whose keys the page signs with: short ones, minted for it, in this module's memory and nowhere else. On loopback the
// engine hands them out to its own page (POST /_cumulet/v1/session); where known keys are asked for, somebody signs in.
export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;
}
export interface Session {
  keys: Keys;
  account: string;
  region: string;
  isRenewable: boolean; // the engine mints again without asking anybody
}
export type SessionState =
  | { kind: "opening" }
  | { kind: "open"; session: Session }
  | { kind: "signIn"; why: string } // why: empty at first
  | { kind: "unreachable"; why: string };

export const sessionState = new Store<SessionState>({ kind: "opening" });

const kPath = "/_cumulet/v1/session";
const kRegionKey = "cumulet.region";

interface Minted {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: string;
  account: string;
  region: string;
}

// The engine's default one unless the person chose another.
export const chosenRegion = () => localStorage.getItem(kRegionKey);
export function chooseRegion(region: string) {
  localStorage.setItem(kRegionKey, region);
  location.reload(); // everything shown is of a region
}

function sessionOf(minted: Minted, isRenewable: boolean): Session {
  const { accessKeyId, secretAccessKey, sessionToken } = minted;
  const keys = { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(minted.expiration) };
  return { keys, account: minted.account, region: chosenRegion() ?? minted.region, isRenewable };
}

async function ask(code?: string): Promise<SessionState> {
  let answer: Response;
  try {
    answer = await fetch(kPath, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(code === undefined ? {} : { code }) });
  } catch {
    return { kind: "unreachable", why: "No engine answers at this address. Start it with: cumulet up" };
  }
  if (answer.ok) return { kind: "open", session: sessionOf((await answer.json()) as Minted, code === undefined) };
  const told = (await answer.json().catch(() => null)) as { error?: { message?: string } } | null;
  if (answer.status === 401) return { kind: "signIn", why: code === undefined ? "" : (told?.error?.message ?? "") };
  return { kind: "unreachable", why: told?.error?.message ?? `The engine answers ${answer.status}.` };
}

// The one-time code of `cumulet console` lies in the fragment, which no server and no Referer sees.
function takeCode(): string | undefined {
  const found = location.hash.match(/^#\/sign-in\/([\w-]+)$/)?.[1];
  if (found) history.replaceState(null, "", "#/");
  return found;
}

let opening: Promise<void> | null = null;
export function openSession(): Promise<void> {
  opening ??= ask(takeCode()).then((state) => {
    opening = null;
    sessionState.set(state);
    if (state.kind === "unreachable") setTimeout(() => void openSession(), 2000);
  });
  return opening;
}

// Somebody's access key is used once, for session keys: the page keeps those.
export async function signIn(accessKeyId: string, secretAccessKey: string): Promise<void> {
  const { STSClient, GetSessionTokenCommand, GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
  const region = chosenRegion() ?? "us-east-1";
  const client = new STSClient({ endpoint: location.origin, region, credentials: { accessKeyId, secretAccessKey } });
  const { Credentials: made } = await client.send(new GetSessionTokenCommand({ DurationSeconds: 12 * 3600 }));
  const { Account: account = "" } = await client.send(new GetCallerIdentityCommand({}));
  const minted = {
    accessKeyId: made?.AccessKeyId ?? "", secretAccessKey: made?.SecretAccessKey ?? "", sessionToken: made?.SessionToken ?? "",
    expiration: (made?.Expiration ?? new Date()).toISOString(), account, region,
  };
  sessionState.set({ kind: "open", session: sessionOf(minted, false) });
}

const kRenewBefore = 5 * 60_000;

// For the AWS SDK and for our own requests: keys that hold for some minutes yet.
export async function currentKeys(): Promise<Keys> {
  for (;;) {
    const state = sessionState.get();
    if (state.kind === "open") {
      const left = state.session.keys.expiration.getTime() - Date.now();
      if (left > kRenewBefore) return state.session.keys;
      if (!state.session.isRenewable && left > 0) return state.session.keys;
      if (!state.session.isRenewable) sessionState.set({ kind: "signIn", why: "The session has ended. Please sign in again." });
      else await openSession();
    } else {
      await new Promise<void>((resolve) => { const stop = sessionState.watch(() => { stop(); resolve(); }); });
    }
  }
}

// An old tab's keys were refused (the engine forgot them at its restart): new ones, or sign in again.
export async function renewSession(): Promise<void> {
  const state = sessionState.get();
  if (state.kind !== "open") return;
  if (state.session.isRenewable) await openSession();
  else sessionState.set({ kind: "signIn", why: "The engine does not know this session any more. Please sign in again." });
}

export const currentSession = (): Session | null => {
  const state = sessionState.get();
  return state.kind === "open" ? state.session : null;
};
export const region = () => currentSession()?.region ?? "us-east-1";
export const account = () => currentSession()?.account ?? "000000000000";
