import { lambda, s3, sfn } from "../../lib/aws";
import type { Live } from "../../lib/feed";
import { callJson } from "../../lib/rawjson";
import { read, type Job, type JournalRow } from "../../lib/readapi";

// FaceBlur as it is deployed: found by what its functions say of themselves, not by names of buckets.
export interface Deployment {
  input: string;
  output: string;
  machine: string;
}

async function leadsToFaceDetection(bucket: string): Promise<boolean> {
  const [client, { GetBucketNotificationConfigurationCommand }] = await s3();
  const found = await client.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket })).catch(() => null);
  return (found?.LambdaFunctionConfigurations ?? []).some((one) => /:function:face-detection(:|$)/.test(one.LambdaFunctionArn ?? ""));
}

const isMissing = (error: unknown) => error instanceof Error && error.name === "ResourceNotFoundException";
const kMostBuckets = 100;

// null: it is not deployed.
export async function findDeployment(): Promise<Deployment | null> {
  const [client, { GetFunctionConfigurationCommand }] = await lambda();
  let output: string | undefined;
  let machine: string | undefined;
  try {
    const [blur, detect] = await Promise.all(["blur-faces", "face-detection"].map((FunctionName) => client.send(new GetFunctionConfigurationCommand({ FunctionName }))));
    output = blur?.Environment?.Variables?.["OUTPUT_BUCKET"];
    machine = detect?.Environment?.Variables?.["STATE_MACHINE_ARN"];
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  if (!output || !machine) return null;
  const guess = output.replace("output", "input");
  if (guess !== output && (await leadsToFaceDetection(guess))) return { input: guess, output, machine };
  const [storage, { ListBucketsCommand }] = await s3();
  const { Buckets = [] } = await storage.send(new ListBucketsCommand({}));
  for (const { Name } of Buckets.slice(0, kMostBuckets)) if (Name && (await leadsToFaceDetection(Name))) return { input: Name, output, machine };
  return null;
}

// Whether a transition is of an execution of that machine.
export const isOfMachine = (record: Live, machine: string) => record.kind === "stateTransition" && record.execution.startsWith(`${machine.replace(":stateMachine:", ":execution:")}:`);

// One film's way: what is known of it from S3 and Step Functions.
export interface Film {
  key: string;
  size: number | undefined; // undefined: the upload is gone
  uploaded: Date | undefined;
  execution: Execution | undefined; // its latest
  resultAt: Date | undefined;
  unmatched: string | undefined; // why no trigger took it
}
export interface Execution {
  arn: string;
  name: string;
  status: string;
  started: Date;
  stopped: Date | undefined;
  key: string;
  jobId: string;
  etag: string | undefined;
}

// What an execution was started with never changes.
const inputs = new Map<string, { key: string; jobId: string; etag: string | undefined }>();
const kShownExecutions = 60;

export async function listExecutions(machine: string): Promise<Execution[]> {
  const [client, { ListExecutionsCommand, DescribeExecutionCommand }] = await sfn();
  const { executions = [] } = await client.send(new ListExecutionsCommand({ stateMachineArn: machine, maxResults: kShownExecutions }));
  const all = await Promise.all(executions.map(async (one): Promise<Execution | null> => {
    const arn = one.executionArn ?? "";
    let known = inputs.get(arn);
    if (!known) {
      const { input = "{}" } = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
      const body = (JSON.parse(input) as { body?: Record<string, unknown> }).body ?? {};
      const text = (name: string) => (typeof body[name] === "string" ? body[name] : "");
      known = { key: text("s3_object_key"), jobId: text("job_id"), etag: text("s3_object_etag") || undefined };
      inputs.set(arn, known);
    }
    if (!known.key) return null; // started by hand with something else
    return { arn, name: one.name ?? "", status: one.status ?? "", started: one.startDate ?? new Date(0), stopped: one.stopDate, ...known };
  }));
  return all.filter((one) => one !== null);
}

async function listObjects(bucket: string) {
  const [client, { ListObjectsV2Command }] = await s3();
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1000 }));
  return Contents.filter((one) => one.Key && !one.Key.startsWith(".faceblur/"));
}

export async function listFilms(deployment: Deployment): Promise<Film[]> {
  const [uploads, results, executions, missed] = await Promise.all([
    listObjects(deployment.input), listObjects(deployment.output), listExecutions(deployment.machine),
    read<{ uploads: JournalRow[] }>("unmatched-uploads", { what: `${deployment.input}/`, limit: 100 }),
  ]);
  const films = new Map<string, Film>();
  const film = (key: string) => {
    let known = films.get(key);
    if (!known) films.set(key, (known = { key, size: undefined, uploaded: undefined, execution: undefined, resultAt: undefined, unmatched: undefined }));
    return known;
  };
  for (const one of uploads) Object.assign(film(one.Key ?? ""), { size: one.Size, uploaded: one.LastModified });
  for (const one of results) film(one.Key ?? "").resultAt = one.LastModified;
  for (const one of executions) {
    const known = film(one.key);
    if (!known.execution || known.execution.started < one.started) known.execution = one;
  }
  for (const row of missed.uploads) {
    const key = row.what.slice(deployment.input.length + 1).replace(/@[^@]*$/, "");
    const known = films.get(key);
    if (known && !known.execution) known.unmatched ??= row.detail || "no trigger is set on the bucket";
  }
  const when = (one: Film) => (one.execution?.started ?? one.uploaded ?? one.resultAt ?? new Date(0)).getTime();
  return [...films.values()].sort((a, b) => when(b) - when(a));
}

// --- the faces of a job ---

// One face at one moment, fractions of the picture: as in a tracks file (docs/tracks.md).
export interface FaceAt {
  ms: number;
  left: number;
  top: number;
  width: number;
  height: number;
  roll: number;
  confidence: number;
}
export interface Track {
  id: number;
  faces: FaceAt[]; // in the order of their times
}
export interface Faces {
  status: string;
  message: string | undefined;
  video: { width: number; height: number; frameRate: number; durationMs: number };
  detector: string;
  recall: string | undefined;
  tracks: Track[];
  count: number;
}

interface Page {
  JobStatus: string;
  StatusMessage?: string;
  VideoMetadata?: { FrameRate: number; FrameWidth: number; FrameHeight: number; DurationMillis: number };
  Faces?: { Timestamp: number; Index?: number; Face: { BoundingBox: { Left: number; Top: number; Width: number; Height: number }; Confidence?: number; Pose?: { Roll?: number } } }[];
  NextToken?: string;
  Detector?: string;
  Recall?: string;
}
const kMostPages = 200;

export async function fetchFaces(jobId: string, signal?: AbortSignal): Promise<Faces> {
  const tracks = new Map<number, Track>();
  let count = 0;
  let first: Page | undefined;
  let token: string | undefined;
  let unnamed = 0;
  for (let n = 0; n < kMostPages; ++n) {
    const page: Page = await callJson<Page>("rekognition", "RekognitionService.GetFaceDetection", { JobId: jobId, MaxResults: 1000, ...(token ? { NextToken: token } : {}) }, signal);
    first ??= page;
    for (const { Timestamp, Index, Face } of page.Faces ?? []) {
      const id = Index ?? --unnamed; // another detector does not say whose face it is
      const { Left, Top, Width, Height } = Face.BoundingBox;
      let track = tracks.get(id);
      if (!track) tracks.set(id, (track = { id, faces: [] }));
      track.faces.push({ ms: Timestamp, left: Left, top: Top, width: Width, height: Height, roll: Face.Pose?.Roll ?? 0, confidence: Face.Confidence ?? 100 });
      ++count;
    }
    token = page.NextToken;
    if (!token) break;
  }
  const video = first?.VideoMetadata;
  const sorted = [...tracks.values()].sort((a, b) => (a.faces[0]?.ms ?? 0) - (b.faces[0]?.ms ?? 0));
  for (const track of sorted) track.faces.sort((a, b) => a.ms - b.ms);
  return {
    status: first?.JobStatus ?? "", message: first?.StatusMessage, detector: first?.Detector ?? "Amazon Rekognition", recall: first?.Recall,
    video: { width: video?.FrameWidth ?? 0, height: video?.FrameHeight ?? 0, frameRate: video?.FrameRate ?? 25, durationMs: video?.DurationMillis ?? 0 },
    tracks: sorted, count,
  };
}

// Where a track's face is at a moment; null: not there. In a straight line between two sightings.
export function faceAt(track: Track, ms: number): FaceAt | null {
  const { faces } = track;
  const first = faces[0];
  const last = faces.at(-1);
  if (!first || !last || ms < first.ms - 5 || ms > last.ms + 5) return null;
  let low = 0;
  let high = faces.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((faces[middle]?.ms ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  const after = faces[low] ?? last;
  const before = faces[Math.max(0, low - 1)] ?? first;
  if (after.ms <= ms || after.ms === before.ms) return { ...after, ms };
  const share = Math.max(0, Math.min(1, (ms - before.ms) / (after.ms - before.ms)));
  const mix = (a: number, b: number) => a + (b - a) * share;
  return {
    ms, left: mix(before.left, after.left), top: mix(before.top, after.top), width: mix(before.width, after.width), height: mix(before.height, after.height),
    roll: mix(before.roll, after.roll), confidence: mix(before.confidence, after.confidence),
  };
}

// A moment at which a face shows well: the middle of the longest track. Seconds.
export function firstSight(tracks: Track[]): number {
  const longest = tracks.reduce<Track | undefined>((best, one) => (one.faces.length > (best?.faces.length ?? 0) ? one : best), undefined);
  return (longest?.faces[longest.faces.length >> 1]?.ms ?? 0) / 1000;
}

export const listJobs = () => read<{ jobs: Job[] }>("jobs").then((answer) => answer.jobs);

// --- what went wrong, for a person ---

const kWords: [RegExp, string, string][] = [
  [/DamagedMedia|damaged|cut short|ends early|beyond the end|moov/i, "The film is damaged or cut off, so nothing was put out: a film that is half covered would be worse than none.", "Copy it again from where it was recorded, or repair it (for example: ffmpeg -i film.mp4 -c copy mended.mp4), and upload it anew."],
  [/UnsupportedMedia|Unsupported codec/, "This kind of film is not understood.", "Convert it to MP4 with H.264 (for example: ffmpeg -i film -c:v libx264 film.mp4) and upload that."],
  [/FaceShows/, "A face could still be seen after it was covered, so nothing was put out.", "Open Review, add or enlarge the cover at the frame that the cause names, and render again."],
  [/Superseded|ObjectReplaced/, "The film was replaced or deleted while it was worked on.", "The newer upload goes its own way; nothing is to be done for this one."],
  [/Timedout|Timeout|TIMED_OUT/i, "It took longer than it may.", "Give the function blur-faces a longer timeout and more memory, or cut the film into parts."],
  [/TooManyRequests|Throttl/, "Too much was asked for at once.", "Upload the film again when the others are done."],
  [/NoSuchKey|AccessDenied/, "The film or its bucket could not be read.", "See that the upload is still there and that the functions' role may read it."],
  [/FaceDetectionFailed/, "Faces could not be looked for in this film.", "What was said below tells why. Does it play in a player?"],
];

export function inPlainWords(error: string, cause: string): { what: string; todo: string } {
  // What detection says of the film stands in the cause.
  const found = kWords.find(([pattern]) => pattern.test(error === "FaceDetectionFailed" ? cause : error)) ?? kWords.find(([pattern]) => pattern.test(`${error} ${cause}`));
  return found ? { what: found[1], todo: found[2] } : { what: "The film could not be blurred.", todo: "The cause below is in the words of who noticed it; Trace shows the steps before." };
}
