import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { lambda, s3 } from "../../lib/aws";
import { useFeed, type LiveKind } from "../../lib/feed";
import { PlusIcon, TrashIcon, UndoIcon } from "../../lib/icons";
import { href, navigate } from "../../lib/router";
import { AsCommand, awsCommand, Failure, Panel, pythonCall } from "../../ui/basics";
import { addTrack, editable, moveBox, removeTrack, setEnd, tracksFile, type Box, type EditTrack } from "./edit";
import { faceAt, firstSight, type Deployment, type Faces } from "./faceblur";
import { onPlayerKey, PlayerBar } from "./PlayerBar";
import { Timeline } from "./Timeline";
import { usePair } from "./usePair";

const kLines: readonly LiveKind[] = ["logLine"];
const kMostSteps = 200; // that can be undone
const kSmallest = 0.01;

type Drag = { kind: "draw"; x: number; y: number } | { kind: "move" | "size"; id: number; x: number; y: number; box: Box; before: EditTrack[] };

// A person's look at what is covered: boxes over the film as it was uploaded. Nothing is changed until Render.
export function Review({ deployment, filmKey, etag, jobId, film, faces }: { deployment: Deployment; filmKey: string; etag: string; jobId: string; film: string; faces: Faces }) {
  const frameRate = faces.video.frameRate || 25;
  const player = usePair(frameRate, firstSight(faces.tracks));
  const [tracks, setTracks] = useState(() => editable(faces.tracks));
  const [undo, setUndo] = useState<EditTrack[][]>([]);
  const [chosen, setChosen] = useState<number | null>(null);
  const [isDrawing, setIsDrawing] = useState(false);
  const [reach, setReach] = useState<"here" | "whole">("here");
  const [drawn, setDrawn] = useState<Box | null>(null);
  const [work, setWork] = useState<{ state: "idle" | "rendering" | "failed"; percent?: number; error?: Error }>({ state: "idle" });
  const drag = useRef<Drag | null>(null);
  const stage = useRef<HTMLDivElement>(null);
  const ms = Math.round(player.time * 1000);
  const key = `.faceblur/review/${filmKey}.tracks.json`;

  const keep = useCallback((before: EditTrack[]) => setUndo((steps) => [...steps.slice(-kMostSteps), before]), []);
  const change = useCallback((after: EditTrack[]) => { keep(tracks); setTracks(after); }, [keep, tracks]);
  const takeBack = useCallback(() => {
    const before = undo.at(-1);
    if (!before) return;
    setUndo(undo.slice(0, -1));
    setTracks(before);
  }, [undo]);
  const boxes = useMemo(() => tracks.flatMap((track) => { const face = faceAt(track, ms); return face ? [{ track, face }] : []; }), [tracks, ms]);
  const current = boxes.find((one) => one.track.id === chosen);

  useEffect(() => {
    if (undo.length === 0) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [undo.length]);

  useFeed(kLines, (records) => {
    for (const record of records) {
      const percent = record.kind === "logLine" && record.group === "/aws/lambda/blur-faces" ? record.message.match(/"percent"\s*:\s*(\d+)/)?.[1] : undefined;
      if (percent) setWork((now) => (now.state === "rendering" ? { ...now, percent: Number(percent) } : now));
    }
  });

  const place = (event: PointerEvent) => {
    const box = stage.current?.getBoundingClientRect();
    return box ? { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height } : { x: 0, y: 0 };
  };
  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const { x, y } = place(event);
    const handle = (event.target as HTMLElement).closest<HTMLElement>("[data-box]");
    player.first.current?.pause();
    if (isDrawing) drag.current = { kind: "draw", x, y };
    else if (handle) {
      const id = Number(handle.dataset.box);
      const face = boxes.find((one) => one.track.id === id)?.face;
      if (!face) return;
      setChosen(id);
      drag.current = { kind: (event.target as HTMLElement).closest("[data-size]") ? "size" : "move", id, x, y, box: { left: face.left, top: face.top, width: face.width, height: face.height }, before: tracks };
    } else {
      setChosen(null);
      return;
    }
    stage.current?.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  const onMove = (event: PointerEvent) => {
    const now = drag.current;
    if (!now) return;
    const { x, y } = place(event);
    if (now.kind === "draw") setDrawn({ left: Math.min(x, now.x), top: Math.min(y, now.y), width: Math.abs(x - now.x), height: Math.abs(y - now.y) });
    else {
      const { box } = now;
      const to = now.kind === "move" ? { ...box, left: box.left + x - now.x, top: box.top + y - now.y } : { ...box, width: Math.max(kSmallest, box.width + x - now.x), height: Math.max(kSmallest, box.height + y - now.y) };
      setTracks(moveBox(now.before, now.id, ms, to, reach));
    }
  };
  const onUp = () => {
    const now = drag.current;
    drag.current = null;
    if (!now) return;
    if (now.kind !== "draw") {
      if (now.before !== tracks) keep(now.before);
      return;
    }
    if (drawn && drawn.width > kSmallest && drawn.height > kSmallest) addBox(drawn);
    setDrawn(null);
  };
  const addBox = (box: Box) => {
    const added = addTrack(tracks, box, ms, faces.video.durationMs);
    change(added.tracks);
    setChosen(added.id);
    setIsDrawing(false);
  };

  const remove = () => { if (chosen !== null) { change(removeTrack(tracks, chosen)); setChosen(null); } };
  // The chosen box by keyboard: arrows with Alt move it, with Alt and Shift size it; Delete removes it.
  const onKey = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).closest("input, textarea")) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") { event.preventDefault(); takeBack(); return; }
    if (event.key === "Delete" && chosen !== null) { event.preventDefault(); remove(); return; }
    if (event.altKey && current && event.key.startsWith("Arrow")) {
      event.preventDefault();
      const { left, top, width, height } = current.face;
      const step = 0.005;
      const x = event.key === "ArrowRight" ? step : event.key === "ArrowLeft" ? -step : 0;
      const y = event.key === "ArrowDown" ? step : event.key === "ArrowUp" ? -step : 0;
      const to = event.shiftKey ? { left, top, width: Math.max(kSmallest, width + x), height: Math.max(kSmallest, height + y) } : { left: left + x, top: top + y, width, height };
      change(moveBox(tracks, current.track.id, ms, to, reach));
      return;
    }
    onPlayerKey(event, player);
  };

  const render = async () => {
    setWork({ state: "rendering" });
    try {
      const [[storage, { PutObjectCommand }], [functions, { InvokeCommand }]] = await Promise.all([s3(), lambda()]);
      const stored = await storage.send(new PutObjectCommand({ Bucket: deployment.input, Key: key, Body: tracksFile(faces, tracks), ContentType: "application/json" }));
      const event = { job_id: jobId || "reviewed", s3_object_bucket: deployment.input, s3_object_key: filmKey, s3_object_etag: etag.replaceAll('"', ""), tracks_s3_object: { bucket: deployment.input, key, etag: stored.ETag } };
      const answer = await functions.send(new InvokeCommand({ FunctionName: "blur-faces", Payload: new TextEncoder().encode(JSON.stringify(event)) }));
      const told = JSON.parse(answer.Payload?.transformToString() || "{}") as { errorType?: string; errorMessage?: string };
      if (answer.FunctionError) {
        const error = new Error(told.errorMessage ?? "The function failed.");
        error.name = told.errorType ?? "Error";
        throw error;
      }
      setUndo([]);
      navigate(href("faceblur", filmKey));
    } catch (error) {
      setWork({ state: "failed", error: error instanceof Error ? error : new Error(String(error)) });
    }
  };

  const payload = JSON.stringify({ job_id: jobId || "reviewed", s3_object_bucket: deployment.input, s3_object_key: filmKey, tracks_s3_object: { bucket: deployment.input, key } });
  const isBusy = work.state === "rendering";
  const percent = (value: number) => `${value * 100}%`;
  return (
    <>
      <Panel label="The film with its covers" flush="yes">
        <div className="fb-player" onKeyDown={onKey}>
          <div
            className="fb-stage fb-edit" ref={stage} data-drawing={isDrawing ? "" : undefined} style={{ aspectRatio: faces.video.width > 0 ? `${faces.video.width} / ${faces.video.height}` : "16 / 9" }}
            onPointerDown={onDown} onPointerMove={onMove} onPointerUp={onUp} onPointerCancel={onUp}
          >
            <video ref={player.first} src={film} playsInline preload="auto" aria-label="The film as it was uploaded" tabIndex={-1} />
            {boxes.map(({ track, face }) => (
              <button
                key={track.id} type="button" className="fb-box" data-box={track.id} aria-pressed={track.id === chosen} aria-label={`Cover of face ${tracks.indexOf(track) + 1}${track.isOwn ? ", added" : ""}`} data-own={track.isOwn ? "" : undefined}
                style={{ left: percent(face.left), top: percent(face.top), width: percent(face.width), height: percent(face.height) }} onFocus={() => setChosen(track.id)}
              >
                {track.id === chosen && <span className="fb-size" data-size="" aria-hidden="true" />}
              </button>
            ))}
            {drawn && <span className="fb-box" style={{ left: percent(drawn.left), top: percent(drawn.top), width: percent(drawn.width), height: percent(drawn.height) }} />}
          </div>
          <PlayerBar player={player} frameRate={frameRate} />
          <div className="fb-tools" role="toolbar" aria-label="Covers">
            <button type="button" className="button small" aria-pressed={isDrawing} onClick={() => { player.first.current?.pause(); setIsDrawing(!isDrawing); }}><PlusIcon />{isDrawing ? "Draw a box over the face" : "Cover a missed face"}</button>
            {isDrawing && <button type="button" className="button small" onClick={() => addBox({ left: 0.4, top: 0.35, width: 0.2, height: 0.3 })}>Put one in the middle</button>}
            <button type="button" className="button small" disabled={chosen === null} onClick={remove}><TrashIcon />Remove</button>
            <button type="button" className="button small" disabled={chosen === null} onClick={() => chosen !== null && change(setEnd(tracks, chosen, ms, "begin"))}>Begins here</button>
            <button type="button" className="button small" disabled={chosen === null} onClick={() => chosen !== null && change(setEnd(tracks, chosen, ms, "end"))}>Ends here</button>
            <button type="button" className="button small" disabled={undo.length === 0} onClick={takeBack}><UndoIcon />Undo</button>
            <label className="ui-row"><input type="checkbox" checked={reach === "whole"} onChange={(event) => setReach(event.target.checked ? "whole" : "here")} />Move along the whole track</label>
          </div>
          <Timeline tracks={tracks} film={undefined} duration={player.duration || faces.video.durationMs / 1000} time={player.time} onSeek={player.seek} chosen={chosen} onChoose={setChosen} />
        </div>
      </Panel>
      {work.state === "failed" && work.error && <Failure error={work.error} doing="Rendering" onRetry={() => void render()} />}
      <div className="ui-row">
        <button type="button" className="button primary" disabled={isBusy} onClick={() => void render()}>{isBusy ? `Rendering${work.percent === undefined ? "…" : ` ${work.percent} %`}` : "Render the film"}</button>
        {isBusy && <progress className="ui-bar" style={{ maxWidth: 240 }} max={100} {...(work.percent === undefined ? {} : { value: work.percent })} aria-label="Rendering" />}
        <span className="ui-soft">{undo.length === 0 ? "Nothing was changed yet." : `${undo.length} ${undo.length === 1 ? "change" : "changes"}.`} The result in {deployment.output} is replaced. Keys: ← → a frame, Alt with arrows moves the chosen cover, Alt and Shift sizes it, Delete removes it, Ctrl Z takes back.</span>
      </div>
      <AsCommand
        cli={`${awsCommand("s3", "cp", {}, "tracks.json", `s3://${deployment.input}/${key}`)}\n${awsCommand("lambda", "invoke", { "function-name": "blur-faces", "cli-binary-format": "raw-in-base64-out", payload }, "answer.json")}`}
        python={pythonCall("lambda", "invoke", { FunctionName: "blur-faces", Payload: payload })}
      />
    </>
  );
}
