import { faceAt, type FaceAt, type Faces, type Track } from "./faceblur";

// Tracks while a person corrects them. Each step gives new tracks; the old ones are kept to be undone.
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}
export interface EditTrack extends Track {
  isOwn: boolean; // a person's: its faces are few, and lie in straight lines between
}

// How far around the moment a moved box takes the others along, milliseconds.
const kReach = 400;
const kNewLength = 1000;

export const editable = (tracks: Track[]): EditTrack[] => tracks.map((one) => ({ ...one, isOwn: false }));

export function addTrack(tracks: EditTrack[], box: Box, ms: number, durationMs: number): { tracks: EditTrack[]; id: number } {
  const id = Math.max(0, ...tracks.map((one) => one.id)) + 1;
  const face = (at: number): FaceAt => ({ ms: at, ...box, roll: 0, confidence: 100 });
  const end = Math.max(ms, Math.min(durationMs, ms + kNewLength));
  return { tracks: [...tracks, { id, isOwn: true, faces: end > ms ? [face(ms), face(end)] : [face(ms)] }], id };
}

export const removeTrack = (tracks: EditTrack[], id: number) => tracks.filter((one) => one.id !== id);

const change = (tracks: EditTrack[], id: number, how: (track: EditTrack) => EditTrack) => tracks.map((one) => (one.id === id ? how(one) : one));

// The box of that moment is `box` now. "here": a detected track's faces near it go along, less the farther they are; a
// person's gets a face there. "whole": all faces go along.
export function moveBox(tracks: EditTrack[], id: number, ms: number, box: Box, reach: "here" | "whole"): EditTrack[] {
  return change(tracks, id, (track) => {
    const was = faceAt(track, ms);
    if (!was) return track;
    const by = { left: box.left - was.left, top: box.top - was.top, width: box.width - was.width, height: box.height - was.height };
    const moved = (face: FaceAt, share: number): FaceAt => ({
      ...face, left: face.left + by.left * share, top: face.top + by.top * share,
      width: Math.max(0.005, face.width + by.width * share), height: Math.max(0.005, face.height + by.height * share),
    });
    if (reach === "whole") return { ...track, faces: track.faces.map((face) => moved(face, 1)) };
    if (track.isOwn) {
      const rest = track.faces.filter((face) => Math.abs(face.ms - ms) > 20);
      return { ...track, faces: [...rest, { ...was, ...box, ms }].sort((a, b) => a.ms - b.ms) };
    }
    return { ...track, faces: track.faces.map((face) => moved(face, Math.max(0, 1 - Math.abs(face.ms - ms) / kReach))) };
  });
}

// The track begins, or ends, at this moment: it is cut, or its outermost face held until there.
export function setEnd(tracks: EditTrack[], id: number, ms: number, which: "begin" | "end"): EditTrack[] {
  return change(tracks, id, (track) => {
    const { faces } = track;
    const outer = which === "begin" ? faces[0] : faces.at(-1);
    if (!outer) return track;
    const here = faceAt(track, ms) ?? { ...outer, ms };
    const kept = faces.filter((face) => (which === "begin" ? face.ms > ms : face.ms < ms));
    const all = which === "begin" ? [{ ...here, ms }, ...kept] : [...kept, { ...here, ms }];
    return { ...track, faces: all.length > 0 ? all : [{ ...here, ms }] };
  });
}

// A tracks file (docs/tracks.md). What lies far apart is filled in: a cover goes over gaps of a second and a half at most.
export function tracksFile(faces: Faces, tracks: EditTrack[]): string {
  const round = (value: number, digits: number) => Number(value.toFixed(digits));
  const row = (face: FaceAt) => [Math.round(face.ms), round(face.left, 5), round(face.top, 5), round(face.width, 5), round(face.height, 5), round(face.roll, 2), round(face.confidence, 1)];
  const stepMs = Math.max(1000 / (faces.video.frameRate || 25), 5);
  const dense = (track: EditTrack): FaceAt[] => {
    const out: FaceAt[] = [];
    track.faces.forEach((face, index) => {
      const before = track.faces[index - 1];
      if (before) for (let at = before.ms + stepMs; at < face.ms - stepMs / 2; at += stepMs) {
        const between = track.isOwn ? faceAt(track, at) : null;
        if (between) out.push(between);
      }
      out.push(face);
    });
    return out;
  };
  const distinct = (all: FaceAt[]) => all.filter((face, index) => index === 0 || Math.round(face.ms) > Math.round(all[index - 1]?.ms ?? -1));
  return JSON.stringify({
    format: "cumulet-tracks", version: 1,
    video: { width: faces.video.width, height: faces.video.height, frame_rate: round(faces.video.frameRate, 4), duration_ms: faces.video.durationMs },
    detector: faces.detector,
    tracks: tracks.filter((one) => one.faces.length > 0).map((track, index) => ({ id: track.id > 0 ? track.id : index + 1_000_000, faces: distinct(dense(track)).map(row) })),
  });
}
