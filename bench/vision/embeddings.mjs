// Descriptors of faces by face-api's recognition network: reads raw RGB pictures of 150x150 from stdin, writes 128 32-bit
// floats for each to stdout. Runs on the CPU (tfjs' wasm backend).
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
const faceapi = require("@vladmandic/face-api/dist/face-api.node-wasm.js");

const SIDE = 150;
const PICTURE = SIDE * SIDE * 3;

const folderOf = (file) => path.dirname(require.resolve(file));
wasm.setWasmPaths(folderOf("@tensorflow/tfjs-backend-wasm") + "/");
await tf.setBackend("wasm");
await faceapi.nets.faceRecognitionNet.loadFromDisk(path.join(folderOf("@vladmandic/face-api/package.json"), "model"));

let pending = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  pending = Buffer.concat([pending, chunk]);
  while (pending.length >= PICTURE) {
    const picture = tf.tensor3d(new Float32Array(pending.subarray(0, PICTURE)), [SIDE, SIDE, 3]);
    pending = pending.subarray(PICTURE);
    const descriptor = await faceapi.nets.faceRecognitionNet.computeFaceDescriptor(picture);
    picture.dispose();
    process.stdout.write(Buffer.from(new Float32Array(descriptor).buffer));
  }
}
