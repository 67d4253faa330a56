import { lazy, Suspense, useMemo, useState } from "react";
import { objectUrl, s3, sfn } from "../../lib/aws";
import { useFeed, type Live, type LiveKind } from "../../lib/feed";
import { bytes, duration } from "../../lib/format";
import { DownloadIcon } from "../../lib/icons";
import { href } from "../../lib/router";
import { useLoad } from "../../lib/useLoad";
import { AsCommand, awsCommand, EmptyState, Failure, Panel, Payload, pythonCall, RoomTitle, Status, Time, Waiting } from "../../ui/basics";
import { Compare } from "./Compare";
import { fetchFaces, inPlainWords, isOfMachine, listExecutions, listJobs, type Deployment, type Execution } from "./faceblur";
import { progressOf, statesInOrder, Steps } from "./Steps";

const Review = lazy(() => import("./Review").then((module) => ({ default: module.Review })));

const kTransitions: readonly LiveKind[] = ["stateTransition"];
const kObjects: readonly LiveKind[] = ["objectEvent"];
const kLines: readonly LiveKind[] = ["logLine"];
const kMostPages = 20;
const kShortCause = 400;

async function headOf(bucket: string, key: string) {
  const [client, { HeadObjectCommand }] = await s3();
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return { size: head.ContentLength ?? 0, at: head.LastModified, etag: head.ETag ?? "", version: head.VersionId };
  } catch (error) {
    if (error instanceof Error && (error.name === "NotFound" || error.name === "NoSuchKey")) return null;
    throw error;
  }
}

// A film's latest execution, its states as they are reached.
function useExecution(deployment: Deployment, key: string) {
  const isOurs = (record: Live) => isOfMachine(record, deployment.machine);
  const latest = useLoad(`executions ${deployment.machine} ${key}`, async () => {
    const all = await listExecutions(deployment.machine);
    return all.find((one) => one.key === key) ?? null;
  }, { on: kTransitions, concerns: isOurs });
  const arn = latest.data?.arn ?? "";
  const history = useLoad(`history ${arn}`, async () => {
    if (!arn) return null;
    const [client, { GetExecutionHistoryCommand, DescribeExecutionCommand, DescribeStateMachineForExecutionCommand }] = await sfn();
    const pages = async () => {
      const events = [];
      let nextToken: string | undefined;
      for (let n = 0; n < kMostPages; ++n) {
        const page = await client.send(new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000, includeExecutionData: false, ...(nextToken ? { nextToken } : {}) }));
        events.push(...(page.events ?? []));
        nextToken = page.nextToken;
        if (!nextToken) break;
      }
      return events;
    };
    const [events, described, machine] = await Promise.all([
      pages(), client.send(new DescribeExecutionCommand({ executionArn: arn })), client.send(new DescribeStateMachineForExecutionCommand({ executionArn: arn })),
    ]);
    return { progress: progressOf(events), described, states: statesInOrder(machine.definition ?? "{}") };
  }, { on: kTransitions, concerns: (record) => record.kind === "stateTransition" && record.execution === arn });
  return { latest, history };
}

// Percents of what works on this film now: the job's by the read API, blurring's by the function's log.
function useNotes(isRunning: boolean, place: string): Map<string, { text: string; percent: number | undefined }> {
  const jobs = useLoad(`jobs ${isRunning}`, () => (isRunning ? listJobs() : Promise.resolve([])), isRunning ? { every: 700 } : {});
  const [blurring, setBlurring] = useState<number | undefined>();
  useFeed(kLines, (records) => {
    for (const record of records) {
      if (record.kind !== "logLine" || record.group !== "/aws/lambda/blur-faces") continue;
      const percent = record.message.match(/"percent"\s*:\s*(\d+)/)?.[1];
      if (percent) setBlurring(Number(percent));
      else if (record.message.startsWith("START")) setBlurring(undefined);
    }
  });
  return useMemo(() => {
    const notes = new Map<string, { text: string; percent: number | undefined }>();
    const job = jobs.data?.find((one) => one.video === place);
    if (job) for (const name of ["Check Job Status", "Wait 1 Second", "Job finished?"]) notes.set(name, { text: `Looking for faces: ${job.percent} %`, percent: job.percent });
    notes.set("Blur Faces on Video", blurring === undefined ? { text: "Covering faces", percent: undefined } : { text: `Covering faces: ${blurring} %`, percent: blurring });
    return notes;
  }, [jobs.data, blurring, place]);
}

function Failed({ execution, error, cause }: { execution: Execution; error: string; cause: string }) {
  const { what, todo } = inPlainWords(error, cause);
  return (
    <div className="ui-note" data-mood="bad" role="alert" data-testid="failure">
      <p><strong>{what}</strong></p>
      <p>{todo}</p>
      {cause.length <= kShortCause ? <p className="ui-soft">{error || execution.status}: {cause || "no cause was given"}</p>
        : <details><summary className="ui-soft">What was said: {error || execution.status}</summary><Payload text={cause} label="Cause" /></details>}
    </div>
  );
}

export function FilmPage({ deployment, filmKey, isReview }: { deployment: Deployment; filmKey: string; isReview: "yes" | "no" }) {
  const { latest, history } = useExecution(deployment, filmKey);
  const execution = latest.data ?? undefined;
  const isThis = (record: Live) => record.kind === "objectEvent" && record.key === filmKey;
  const objects = useLoad(`objects ${filmKey}`, async () => {
    const [before, after] = await Promise.all([headOf(deployment.input, filmKey), headOf(deployment.output, filmKey)]);
    const [beforeUrl, afterUrl, download] = await Promise.all([
      before ? objectUrl(deployment.input, filmKey) : undefined, after ? objectUrl(deployment.output, filmKey) : undefined,
      after ? objectUrl(deployment.output, filmKey, { attachment: `blurred-${filmKey.split("/").at(-1) ?? "film.mp4"}` }) : undefined,
    ]);
    return { before, after, beforeUrl, afterUrl, download };
  }, { on: kObjects, concerns: isThis });
  const isDone = execution !== undefined && execution.status !== "RUNNING";
  const faces = useLoad(`faces ${execution?.jobId ?? ""} ${isDone}`, (signal) => (execution && isDone ? fetchFaces(execution.jobId, signal) : Promise.resolve(undefined)));
  const described = history.data?.described;
  const status = described?.status ?? execution?.status;
  const notes = useNotes(status === "RUNNING", `${deployment.input}/${filmKey}`);
  const result = objects.data;
  // The player begins anew with another result, not with each look at the same.
  const etag = result?.after?.etag ?? "";
  const shown = useMemo(() => result, [etag, result?.before?.etag]);
  const isOld = status === "RUNNING" && result?.after !== null && result?.after !== undefined;

  const title = filmKey;
  const crumbs = [{ title: "FaceBlur", to: href("faceblur") }, ...(isReview === "yes" ? [{ title, to: href("faceblur", filmKey) }] : [])];
  if (isReview === "yes") {
    return (
      <div className="ui-room">
        <RoomTitle title={`Review: ${title}`} crumbs={crumbs}>Add a cover where a face was missed, move one that sits badly, remove one that covers none. Then render the film again.</RoomTitle>
        {faces.error && <Failure error={faces.error} doing="Reading the faces" onRetry={faces.reload} />}
        {faces.data && shown?.beforeUrl && shown.before
          ? <Suspense fallback={<Waiting />}><Review deployment={deployment} filmKey={filmKey} etag={shown.before.etag} jobId={execution?.jobId ?? ""} film={shown.beforeUrl} faces={faces.data} /></Suspense>
          : <Waiting label="Reading the film and its faces" />}
      </div>
    );
  }
  return (
    <div className="ui-room">
      <RoomTitle
        title={title} crumbs={crumbs}
        actions={shown?.download && <>
          {faces.data && shown.beforeUrl && <a className="button" href={href("faceblur", filmKey, "review")}>Review</a>}
          <a className="button primary" href={shown.download}><DownloadIcon />Download</a>
        </>}
      >
        {status && <Status value={status} />} {result?.before && <span className="ui-soft">{bytes(result.before.size)}, uploaded <Time at={result.before.at} /></span>}
      </RoomTitle>
      {objects.error && <Failure error={objects.error} doing="Reading the film" onRetry={objects.reload} />}
      {latest.error && <Failure error={latest.error} doing="Reading the executions" onRetry={latest.reload} />}
      {execution && described && status !== "RUNNING" && status !== "SUCCEEDED" && <Failed execution={execution} error={described.error ?? ""} cause={described.cause ?? ""} />}
      {shown?.afterUrl && !isOld && <Panel label="Before and after" flush="yes"><Compare key={etag} before={shown.beforeUrl} after={shown.afterUrl} faces={faces.data} /></Panel>}
      {history.data && (
        <Panel
          title={<>The machine’s execution</>}
          actions={<><span className="ui-soft">{described?.startDate && duration((described.stopDate ?? new Date()).getTime() - described.startDate.getTime())}</span>
            <a className="ui-link" href={href("trace", "object", `${deployment.input}/${filmKey}`)}>Trace</a></>}
        >
          <Steps states={history.data.states} progress={history.data.progress} notes={notes} />
        </Panel>
      )}
      {shown?.beforeUrl && (!shown.afterUrl || isOld) && (
        <Panel title="As it was uploaded" flush="yes"><div className="fb-player"><video className="fb-alone" src={shown.beforeUrl} controls playsInline preload="metadata" aria-label="The film as it was uploaded" /></div></Panel>
      )}
      {latest.data === null && result && (
        <Panel label="No execution">
          <EmptyState title={result.before ? "Nothing has begun with this film yet" : "There is no such film"}>
            {result.before ? "An upload begins an execution within a moment. If none comes, Trace tells whether a trigger matched." : "It was deleted, or its name is another."}
          </EmptyState>
        </Panel>
      )}
      {faces.error && <Failure error={faces.error} doing="Reading the faces" onRetry={faces.reload} />}
      {faces.data?.status === "SUCCEEDED" && (
        <Panel title="What was found">
          <dl className="ui-facts">
            <dt>Faces followed</dt><dd>{faces.data.tracks.length}, seen {faces.data.count.toLocaleString()} times</dd>
            <dt>Detector</dt><dd>{faces.data.detector}{faces.data.recall === "reduced" && " – it finds fewer faces than the full model: look through the result"}</dd>
            <dt>Film</dt><dd>{faces.data.video.width} × {faces.data.video.height}, {Math.round(faces.data.video.frameRate * 100) / 100} frames a second, {duration(faces.data.video.durationMs)}</dd>
          </dl>
        </Panel>
      )}
      <AsCommand
        cli={`${awsCommand("s3", "cp", {}, filmKey, `s3://${deployment.input}/${filmKey}`)}\n${awsCommand("s3", "cp", {}, `s3://${deployment.output}/${filmKey}`, `blurred-${filmKey}`)}`}
        python={pythonCall("s3", "download_file", { Bucket: deployment.output, Key: filmKey, Filename: `blurred-${filmKey}` })}
      />
    </div>
  );
}
