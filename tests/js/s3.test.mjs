// What the current SDK sends by default and Debian's boto3 does not: CRC32 trailers on unsigned chunks, checksum
// verification of every GET, multipart uploads with full-object checksums.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Readable } from "node:stream";
import {
  CompleteMultipartUploadCommand, CopyObjectCommand, CreateBucketCommand, CreateMultipartUploadCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand,
  ListObjectsV2Command, PutObjectCommand, S3Client, UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { bodyText, startEngine } from "./engine.mjs";

let engine, s3;
before(async () => {
  engine = await startEngine();
  s3 = engine.client(S3Client, { forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "js-tests" }));
});
after(() => engine?.stop());

test("an object comes back with its bytes, metadata and checksum", async () => {
  const put = await s3.send(new PutObjectCommand({
    Bucket: "js-tests", Key: "a/é 😀.txt", Body: "hello", ContentType: "text/plain", Metadata: { color: "blue" },
  }));
  assert.equal(put.ETag, '"5d41402abc4b2a76b9719d911017c592"');
  assert.equal(put.ChecksumCRC32, "NhCmhg==");
  const got = await s3.send(new GetObjectCommand({ Bucket: "js-tests", Key: "a/é 😀.txt" }));
  assert.equal(await bodyText(got.Body), "hello");
  assert.equal(got.ContentType, "text/plain");
  assert.deepEqual(got.Metadata, { color: "blue" });
});

test("a stream goes up with a trailing checksum", async () => {
  const body = Buffer.alloc(200_000, "x");
  await s3.send(new PutObjectCommand({ Bucket: "js-tests", Key: "stream", Body: Readable.from([body.subarray(0, 70_000), body.subarray(70_000)]), ContentLength: body.length }));
  const head = await s3.send(new HeadObjectCommand({ Bucket: "js-tests", Key: "stream", ChecksumMode: "ENABLED" }));
  assert.equal(head.ContentLength, 200_000);
  assert.ok(head.ChecksumCRC32);
});

for (const algorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
  test(`checksum ${algorithm} is verified and returned`, async () => {
    const put = await s3.send(new PutObjectCommand({ Bucket: "js-tests", Key: `sum-${algorithm}`, Body: "bytes", ChecksumAlgorithm: algorithm }));
    assert.ok(put[`Checksum${algorithm}`]);
    const got = await s3.send(new GetObjectCommand({ Bucket: "js-tests", Key: `sum-${algorithm}`, ChecksumMode: "ENABLED" }));
    assert.equal(got[`Checksum${algorithm}`], put[`Checksum${algorithm}`]);
    assert.equal(await bodyText(got.Body), "bytes");
  });
}

test("a wrong checksum is refused and nothing is stored", async () => {
  await assert.rejects(
    s3.send(new PutObjectCommand({ Bucket: "js-tests", Key: "bad", Body: "bytes", ChecksumSHA256: Buffer.alloc(32).toString("base64") })),
    (error) => error.name === "BadDigest" && error.$metadata.httpStatusCode === 400);
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket: "js-tests", Key: "bad" })), { name: "NotFound" });
});

test("a multipart upload of lib-storage", async () => {
  const body = Buffer.alloc(12 * 1024 * 1024);
  for (let i = 0; i < body.length; i += 4096) body.writeUInt32LE(i, i);
  await new Upload({ client: s3, params: { Bucket: "js-tests", Key: "big", Body: body } }).done();
  const got = await s3.send(new GetObjectCommand({ Bucket: "js-tests", Key: "big" }));
  assert.equal(Buffer.compare(Buffer.from(await got.Body.transformToByteArray()), body), 0);
  assert.match(got.ETag, /-3"$/);
});

test("ranges, copies, listings, deletes", async () => {
  await s3.send(new PutObjectCommand({ Bucket: "js-tests", Key: "dir/one", Body: "0123456789" }));
  const part = await s3.send(new GetObjectCommand({ Bucket: "js-tests", Key: "dir/one", Range: "bytes=2-4" }));
  assert.equal(await bodyText(part.Body), "234");
  assert.equal(part.ContentRange, "bytes 2-4/10");
  await s3.send(new CopyObjectCommand({ Bucket: "js-tests", Key: "dir/two", CopySource: "js-tests/dir/one" }));
  const list = await s3.send(new ListObjectsV2Command({ Bucket: "js-tests", Prefix: "dir/" }));
  assert.deepEqual(list.Contents.map((o) => o.Key), ["dir/one", "dir/two"]);
  const gone = await s3.send(new DeleteObjectsCommand({ Bucket: "js-tests", Delete: { Objects: [{ Key: "dir/one" }, { Key: "dir/two" }] } }));
  assert.equal(gone.Deleted.length, 2);
});

test("presigned URLs work with plain HTTP", async () => {
  const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket: "js-tests", Key: "signed" }), { expiresIn: 60 });
  assert.equal((await fetch(put, { method: "PUT", body: "by url" })).status, 200);
  const get = await getSignedUrl(s3, new GetObjectCommand({ Bucket: "js-tests", Key: "signed" }), { expiresIn: 60 });
  assert.equal(await (await fetch(get)).text(), "by url");
  assert.equal((await fetch(get.replace(/Signature=..../, "Signature=0000"))).status, 403);
});

test("virtual-host style", async () => {
  // Node resolves *.localhost to loopback only through the system's resolver; the Host header decides all the same.
  const { hostname, port } = new URL(engine.endpoint);
  const http = await import("node:http");
  const text = await new Promise((resolve, reject) => {
    http.get({ hostname, port, path: "/signed", headers: { host: `js-tests.localhost:${port}` } }, (answer) => {
      let all = "";
      answer.on("data", (piece) => (all += piece)).on("end", () => resolve(all));
    }).on("error", reject);
  });
  assert.equal(text, "by url");
});

test("errors by name", async () => {
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: "js-tests", Key: "none" })), { name: "NoSuchKey" });
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: "no-such-bucket-here", Key: "none" })), { name: "NoSuchBucket" });
});

test("URLs for a PUT and for a part, presigned as the SDK does it by default, take any body", async () => {
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: "js-tests", Key: "presigned-put" }));
  assert.equal((await fetch(url, { method: "PUT", body: "any bytes" })).status, 200);
  const at = { Bucket: "js-tests", Key: "presigned-parts" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  const part = await fetch(await getSignedUrl(s3, new UploadPartCommand({ ...at, UploadId, PartNumber: 1 })), { method: "PUT", body: "a part" });
  assert.equal(part.status, 200, await part.text());
  await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.headers.get("etag") }] } }));
  for (const [Key, bytes] of [["presigned-put", "any bytes"], ["presigned-parts", "a part"]])
    assert.equal(await bodyText((await s3.send(new GetObjectCommand({ Bucket: "js-tests", Key }))).Body), bytes);
});
