import { useEffect, useMemo, useRef } from "react";
import { objectUrl } from "../../lib/aws";
import type { LiveKind } from "../../lib/feed";
import { duration, plural } from "../../lib/format";
import { FaceIcon } from "../../lib/icons";
import { href } from "../../lib/router";
import { useLoad } from "../../lib/useLoad";
import type { RoomProps } from "../../rooms";
import { AsCommand, awsCommand, EmptyState, Failure, Panel, pythonCall, RoomTitle, Status, Time, Waiting } from "../../ui/basics";
import { DataTable } from "../../ui/DataTable";
import { faceAt, fetchFaces, firstSight, findDeployment, listExecutions, listJobs, type Faces } from "../faceblur/faceblur";
import { onPlayerKey, PlayerBar } from "../faceblur/PlayerBar";
import { Timeline } from "../faceblur/Timeline";
import { usePair } from "../faceblur/usePair";
import "../faceblur/faceblur.css";

const kNews: readonly LiveKind[] = ["stateTransition"];

interface Row {
  id: string;
  film: string; // bucket/key
  started: Date;
  percent: number | undefined; // while faces are looked for
}

// Rekognition lists no jobs: those that run are known by the read API, those that ended by FaceBlur's executions.
async function listRows(): Promise<Row[]> {
  const [jobs, deployment] = await Promise.all([listJobs(), findDeployment()]);
  const rows = new Map<string, Row>();
  if (deployment) for (const one of await listExecutions(deployment.machine)) rows.set(one.jobId, { id: one.jobId, film: `${deployment.input}/${one.key}`, started: one.started, percent: undefined });
  for (const one of jobs) rows.set(one.job, { id: one.job, film: one.video, started: new Date(one.started), percent: one.percent });
  return [...rows.values()].filter((one) => one.id).sort((a, b) => b.started.getTime() - a.started.getTime());
}

// The film with a box around each face, its number and how sure the detector is.
function Boxes({ film, faces }: { film: string; faces: Faces }) {
  const frameRate = faces.video.frameRate || 25;
  const player = usePair(frameRate, firstSight(faces.tracks));
  const canvas = useRef<HTMLCanvasElement>(null);
  const ms = player.time * 1000;
  const shown = useMemo(() => faces.tracks.flatMap((track, index) => { const face = faceAt(track, ms); return face ? [{ face, index }] : []; }), [faces.tracks, ms]);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen || !canvas.current) return;
    const { width, height } = canvas.current;
    pen.clearRect(0, 0, width, height);
    pen.lineWidth = Math.max(2, width / 400);
    pen.font = `600 ${Math.max(13, width / 55)}px system-ui, sans-serif`;
    for (const { face, index } of shown) {
      const [x, y, w, h] = [face.left * width, face.top * height, face.width * width, face.height * height];
      pen.save();
      pen.translate(x + w / 2, y + h / 2);
      pen.rotate((face.roll * Math.PI) / 180);
      pen.strokeStyle = "rgb(0 0 0 / 60%)";
      pen.strokeRect(-w / 2 - 1, -h / 2 - 1, w + 2, h + 2);
      pen.strokeStyle = "#ffd34d";
      pen.strokeRect(-w / 2, -h / 2, w, h);
      pen.restore();
      const label = `${index + 1}  ${Math.round(face.confidence)} %`;
      const size = Math.max(13, width / 55);
      const top = Math.max(size + 4, y - 6);
      pen.fillStyle = "rgb(0 0 0 / 68%)";
      pen.fillRect(x - 2, top - size, pen.measureText(label).width + 10, size + 6);
      pen.fillStyle = "#fff";
      pen.fillText(label, x + 3, top);
    }
  }, [shown]);
  const width = faces.video.width || 1280;
  const height = faces.video.height || 720;
  return (
    <div className="fb-player" onKeyDown={(event) => onPlayerKey(event, player)}>
      <div className="fb-stage" style={{ aspectRatio: `${width} / ${height}` }}>
        <video ref={player.first} src={film} muted playsInline preload="auto" aria-label="The film" tabIndex={-1} />
        <canvas ref={canvas} width={width} height={height} className="faces-canvas" role="img" aria-label={`${plural(shown.length, "face")} in this frame`} />
      </div>
      <PlayerBar player={player} frameRate={frameRate} />
      {player.error && <p className="ui-note" data-mood="warn" role="alert">{player.error}</p>}
      <Timeline tracks={faces.tracks} film={film} duration={player.duration || faces.video.durationMs / 1000} time={player.time} onSeek={player.seek} />
    </div>
  );
}

function JobPage({ id }: { id: string }) {
  const rows = useLoad("face jobs", listRows, { on: kNews });
  const row = rows.data?.find((one) => one.id === id);
  const faces = useLoad(`faces of ${id} ${row?.percent === undefined}`, (signal) => fetchFaces(id, signal), row?.percent === undefined ? {} : { every: 1000 });
  const slash = row?.film.indexOf("/") ?? -1;
  const film = useLoad(`film ${row?.film ?? ""}`, async () => (row ? objectUrl(row.film.slice(0, slash), row.film.slice(slash + 1)) : null));
  return (
    <div className="ui-room">
      <RoomTitle title={row?.film ?? `Job ${id.slice(0, 8)}`} crumbs={[{ title: "Faces", to: href("faces") }]}>
        {faces.data && <><Status value={faces.data.status} /> {faces.data.status === "SUCCEEDED" && `${plural(faces.data.tracks.length, "face")} followed, seen ${faces.data.count.toLocaleString()} times in ${duration(faces.data.video.durationMs)}. ${faces.data.detector}`}</>}
      </RoomTitle>
      {faces.error && <Failure error={faces.error} doing="Reading the job" onRetry={faces.reload} />}
      {faces.data?.message && <p className="ui-note" data-mood="bad" role="alert">{faces.data.message}</p>}
      {row?.percent !== undefined && <Panel title="Looking for faces"><progress className="ui-bar" max={100} value={row.percent} aria-label={`${row.percent} percent`} /></Panel>}
      {faces.data?.status === "SUCCEEDED" && film.data && <Panel label="Faces in the film" flush="yes"><Boxes film={film.data} faces={faces.data} /></Panel>}
      {!faces.data && !faces.error && <Waiting />}
      <AsCommand cli={awsCommand("rekognition", "get-face-detection", { "job-id": id })} python={pythonCall("rekognition", "get_face_detection", { JobId: id })} />
    </div>
  );
}

export default function FacesRoom({ route }: RoomProps) {
  const [id] = route.rest;
  if (id) return <JobPage key={id} id={id} />;
  return <Jobs />;
}

function Jobs() {
  const rows = useLoad("face jobs", listRows, { on: kNews, every: 2000 });
  return (
    <div className="ui-room">
      <RoomTitle title="Faces">Face detection jobs, with what they found drawn on the film.</RoomTitle>
      {rows.error && <Failure error={rows.error} doing="Listing the jobs" onRetry={rows.reload} />}
      <Panel title="Jobs" flush="yes">
        {!rows.data && !rows.error ? <Waiting /> : (
          <DataTable
            label="Jobs" rows={rows.data ?? []} rowKey={(row) => row.id} to={(row) => href("faces", row.id)}
            columns={[
              { title: "Film", cell: (row) => <a href={href("faces", row.id)}>{row.film}</a> },
              { title: "State", cell: (row) => (row.percent === undefined ? <span className="ui-soft">Ended</span> : <Status value={`${row.percent} %`} mood="busy" />), keep: "yes" },
              { title: "Started", cell: (row) => <Time at={row.started} />, keep: "yes" },
              { title: "Job", cell: (row) => <span className="ui-mono">{row.id.slice(0, 12)}</span> },
            ]}
            empty={<EmptyState icon={<FaceIcon />} title="No jobs yet" action={<a className="button" href={href("faceblur")}>Drop a film in FaceBlur</a>}>Each film that goes through FaceBlur begins one. Jobs that are started by hand show while they run.</EmptyState>}
          />
        )}
      </Panel>
      <AsCommand cli={awsCommand("rekognition", "start-face-detection", { video: '{"S3Object":{"Bucket":"BUCKET","Name":"film.mp4"}}' })} python={pythonCall("rekognition", "start_face_detection", { Video: { S3Object: { Bucket: "BUCKET", Name: "film.mp4" } } })} />
    </div>
  );
}
