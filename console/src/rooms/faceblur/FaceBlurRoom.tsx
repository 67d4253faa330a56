import { useMemo, useRef, useState, type DragEvent } from "react";
import { type Live, type LiveKind } from "../../lib/feed";
import { bytes } from "../../lib/format";
import { CloseIcon, FilmIcon, RedoIcon, UploadIcon } from "../../lib/icons";
import { href } from "../../lib/router";
import { useStore } from "../../lib/store";
import { useLoad } from "../../lib/useLoad";
import type { RoomProps } from "../../rooms";
import { AsCommand, awsCommand, EmptyState, Failure, Panel, pythonCall, RoomTitle, Status, Time, Waiting } from "../../ui/basics";
import { DataTable } from "../../ui/DataTable";
import { Deploy } from "./Deploy";
import { findDeployment, isOfMachine, listFilms, type Deployment, type Film } from "./faceblur";
import { FilmPage } from "./FilmPage";
import { addUploads, cancelUpload, forgetUpload, isFilm, retryUpload, uploads, type Upload } from "./uploads";
import "./faceblur.css";

const kNews: readonly LiveKind[] = ["objectEvent", "stateTransition"];
const kDeployed: readonly LiveKind[] = ["deployment"];

const kUploadWords: Record<Upload["state"], string> = { waiting: "Waiting", sending: "Uploading", done: "Uploaded", failed: "Failed", cancelled: "Cancelled" };

function UploadRow({ upload }: { upload: Upload }) {
  const percent = upload.size > 0 ? Math.floor((upload.sent / upload.size) * 100) : 0;
  const isOnItsWay = upload.state === "sending" || upload.state === "waiting";
  return (
    <li className="fb-upload" data-testid="upload">
      <div className="fb-upload-name"><b>{upload.state === "done" ? <a className="ui-link" href={href("faceblur", upload.key)}>{upload.key}</a> : upload.key}</b>{upload.key !== upload.name && <small> from {upload.name}</small>}</div>
      <span className="ui-soft">{upload.state === "sending" ? `${percent} % of ${bytes(upload.size)}` : `${kUploadWords[upload.state]}, ${bytes(upload.size)}`}</span>
      <span className="ui-row">
        {isOnItsWay && <button type="button" className="button small" onClick={() => cancelUpload(upload.id)} aria-label={`Cancel the upload of ${upload.key}`}>Cancel</button>}
        {(upload.state === "failed" || upload.state === "cancelled") && <button type="button" className="button small" onClick={() => retryUpload(upload.id)}><RedoIcon />Try again</button>}
        {!isOnItsWay && <button type="button" className="icon-button" aria-label={`Take ${upload.key} off this list`} onClick={() => forgetUpload(upload.id)}><CloseIcon /></button>}
      </span>
      {upload.state === "sending" && <progress className="ui-bar" max={upload.size} value={upload.sent} aria-label={`Uploading ${upload.key}`} />}
      {upload.error && <p className="fb-upload-error" role="alert">{upload.error}</p>}
    </li>
  );
}

function stateOf(film: Film) {
  if (film.execution) return <Status value={film.execution.status} />;
  if (film.unmatched) return <span title={film.unmatched}><Status value="noTrigger" /></span>;
  return <span className="ui-soft">{film.resultAt ? "Result only" : "Not begun"}</span>;
}

function Overview({ deployment }: { deployment: Deployment }) {
  const all = useStore(uploads);
  const films = useLoad(`films ${deployment.input}`, () => listFilms(deployment), {
    on: kNews,
    concerns: (record: Live) => (record.kind === "objectEvent" && (record.bucket === deployment.input || record.bucket === deployment.output)) || (isOfMachine(record, deployment.machine) && record.kind === "stateTransition" && /Execution/.test(record.event)),
  });
  const picker = useRef<HTMLInputElement>(null);
  const [isDropping, setIsDropping] = useState(false);
  const [refused, setRefused] = useState("");
  const depth = useRef(0);
  const taken = useMemo(() => new Set((films.data ?? []).filter((one) => one.size !== undefined).map((one) => one.key)), [films.data]);
  const take = (chosen: File[]) => {
    const good = chosen.filter((file) => isFilm(file.name) && file.size > 0);
    const bad = chosen.filter((file) => !good.includes(file));
    setRefused(bad.map((file) => (file.size === 0 ? `${file.name} is empty.` : `${file.name} is no .mp4 or .mov: FaceBlur takes these two.`)).join(" "));
    if (good.length > 0) addUploads(deployment.input, good, taken);
  };
  const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  return (
    <div
      className="ui-room fb-room"
      onDragEnter={(event) => { if (hasFiles(event)) { event.preventDefault(); depth.current += 1; setIsDropping(true); } }}
      onDragOver={(event) => { if (hasFiles(event)) event.preventDefault(); }}
      onDragLeave={() => { depth.current = Math.max(0, depth.current - 1); if (depth.current === 0) setIsDropping(false); }}
      onDrop={(event) => { if (hasFiles(event)) { event.preventDefault(); depth.current = 0; setIsDropping(false); take([...event.dataTransfer.files]); } }}
    >
      <RoomTitle title="FaceBlur">A film that you drop here comes back with every face covered that was found. It never leaves this machine.</RoomTitle>
      <button type="button" className="fb-drop" data-over={isDropping ? "" : undefined} onClick={() => picker.current?.click()}>
        <UploadIcon /><b>{isDropping ? "Let go to upload" : "Drop films here, or choose them"}</b><span>MP4 or MOV, several at once, up to 10 GB each</span>
      </button>
      <input ref={picker} type="file" accept=".mp4,.mov,video/mp4,video/quicktime" multiple hidden aria-label="Films to upload" onChange={(event) => { take([...(event.target.files ?? [])]); event.target.value = ""; }} />
      {refused && <p className="ui-note" data-mood="warn" role="alert">{refused}</p>}
      {all.length > 0 && <Panel title="Uploads" flush="yes"><ul className="fb-uploads">{all.map((one) => <UploadRow key={one.id} upload={one} />)}</ul></Panel>}
      <Panel title="Films" flush="yes">
        {films.error && <div className="ui-panel-body"><Failure error={films.error} doing="Listing the films" onRetry={films.reload} /></div>}
        {!films.data && !films.error ? <Waiting /> : (
          <DataTable
            label="Films" rows={films.data ?? []} rowKey={(film) => film.key} to={(film) => href("faceblur", film.key)}
            columns={[
              { title: "Film", cell: (film) => <a href={href("faceblur", film.key)}>{film.key}</a> },
              { title: "State", cell: stateOf, keep: "yes" },
              { title: "Size", cell: (film) => (film.size === undefined ? "–" : bytes(film.size)), align: "end" },
              { title: "Uploaded", cell: (film) => <Time at={film.uploaded} />, keep: "yes" },
              { title: "Result", cell: (film) => <Time at={film.resultAt} />, keep: "yes" },
            ]}
            empty={<EmptyState icon={<FilmIcon />} title="No film yet">Drop one above. You will see it being looked at, covered and put out, step by step.</EmptyState>}
          />
        )}
      </Panel>
      <AsCommand cli={awsCommand("s3", "cp", {}, "film.mp4", `s3://${deployment.input}/film.mp4`)} python={pythonCall("s3", "upload_file", { Filename: "film.mp4", Bucket: deployment.input, Key: "film.mp4" })} />
    </div>
  );
}

export default function FaceBlurRoom({ route }: RoomProps) {
  const deployment = useLoad("faceblur", findDeployment, { on: kDeployed });
  if (deployment.error && !deployment.data) return <div className="ui-room"><RoomTitle title="FaceBlur" /><Failure error={deployment.error} doing="Looking for FaceBlur" onRetry={deployment.reload} /></div>;
  if (deployment.data === undefined) return <Waiting />;
  if (deployment.data === null) {
    return (
      <div className="ui-room">
        <RoomTitle title="FaceBlur">Covers every face that is found in a film.</RoomTitle>
        <Panel label="Not deployed"><EmptyState icon={<FilmIcon />} title="FaceBlur is not deployed in this engine" action={<Deploy onDone={deployment.reload} />}>It is four functions, a state machine and two buckets.</EmptyState></Panel>
      </div>
    );
  }
  const [key, part] = route.rest;
  if (key) return <FilmPage key={`${key} ${part ?? ""}`} deployment={deployment.data} filmKey={key} isReview={part === "review" ? "yes" : "no"} />;
  return <Overview deployment={deployment.data} />;
}
