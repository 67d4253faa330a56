import { currentKeys, region, renewSession } from "./session";

// The AWS SDK's clients, one a service, loaded when a room first asks. They talk to this page's own origin.
//   const [client, { ListStateMachinesCommand }] = await sfn();
const clients = new Map<string, Promise<unknown>>();

function lazily<T>(name: string, make: () => Promise<T>): Promise<T> {
  let made = clients.get(name) as Promise<T> | undefined;
  if (!made) {
    made = make();
    made.catch(() => clients.delete(name)); // a chunk that could not be loaded is asked for again
    clients.set(name, made);
  }
  return made;
}

const kForgotten = new Set(["InvalidAccessKeyId", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException", "InvalidToken"]);

// The engine that was started again forgot the page's keys: the request is sent once more with new ones.
function configure() {
  return {
    endpoint: location.origin,
    region: region(),
    credentials: async () => {
      const { accessKeyId, secretAccessKey, sessionToken, expiration } = await currentKeys();
      return { accessKeyId, secretAccessKey, sessionToken, expiration };
    },
    maxAttempts: 3,
  };
}

export async function s3() {
  return lazily("s3", async () => {
    const sdk = await import("@aws-sdk/client-s3");
    return [new sdk.S3Client({ ...configure(), forcePathStyle: true }), sdk] as const;
  });
}
export async function sfn() {
  return lazily("sfn", async () => {
    const sdk = await import("@aws-sdk/client-sfn");
    return [new sdk.SFNClient(configure()), sdk] as const;
  });
}
export async function lambda() {
  return lazily("lambda", async () => {
    const sdk = await import("@aws-sdk/client-lambda");
    return [new sdk.LambdaClient(configure()), sdk] as const;
  });
}
export async function iam() {
  return lazily("iam", async () => {
    const sdk = await import("@aws-sdk/client-iam");
    return [new sdk.IAMClient(configure()), sdk] as const;
  });
}
export async function logs() {
  return lazily("logs", async () => {
    const sdk = await import("@aws-sdk/client-cloudwatch-logs");
    return [new sdk.CloudWatchLogsClient(configure()), sdk] as const;
  });
}
export async function cloudwatch() {
  return lazily("cloudwatch", async () => {
    const sdk = await import("@aws-sdk/client-cloudwatch");
    return [new sdk.CloudWatchClient(configure()), sdk] as const;
  });
}
export async function sqs() {
  return lazily("sqs", async () => {
    const sdk = await import("@aws-sdk/client-sqs");
    return [new sdk.SQSClient(configure()), sdk] as const;
  });
}

// A URL that a <video> or a download can open: of an object, for an hour.
export async function objectUrl(bucket: string, key: string, more: { attachment?: string; versionId?: string } = {}): Promise<string> {
  const [[client, { GetObjectCommand }], { getSignedUrl }] = await Promise.all([s3(), import("@aws-sdk/s3-request-presigner")]);
  const disposition = more.attachment && `attachment; filename*=UTF-8''${encodeURIComponent(more.attachment)}`;
  const command = new GetObjectCommand({
    Bucket: bucket, Key: key,
    ...(disposition ? { ResponseContentDisposition: disposition } : {}), ...(more.versionId ? { VersionId: more.versionId } : {}),
  });
  return getSignedUrl(client, command, { expiresIn: 3600 });
}

export const isForgottenKey = (error: unknown) => error instanceof Error && kForgotten.has(error.name);

// Runs what uses the clients; where the engine has forgotten the page's keys, once more with new ones.
export async function withFreshKeys<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isForgottenKey(error)) throw error;
    clients.clear();
    await renewSession();
    return work();
  }
}
