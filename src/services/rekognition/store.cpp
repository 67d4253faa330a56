#include "services/rekognition/store.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "services/rekognition/face_record.hpp"
#include "storage/row_checksum.hpp"

namespace cumulet::rekognition {
namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE rekognition_job (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL,
  bucket TEXT NOT NULL, name TEXT NOT NULL, version TEXT, tag TEXT, token TEXT, fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL, message TEXT NOT NULL, created INTEGER NOT NULL,
  metadata TEXT, detector TEXT NOT NULL, recall TEXT NOT NULL, faces INTEGER NOT NULL) WITHOUT ROWID;
CREATE UNIQUE INDEX rekognition_job_token ON rekognition_job(account, region, token) WHERE token IS NOT NULL;
CREATE INDEX rekognition_job_created ON rekognition_job(created);
CREATE TABLE rekognition_faces (job TEXT NOT NULL, first INTEGER NOT NULL, records TEXT NOT NULL, PRIMARY KEY (job, first)) WITHOUT ROWID;
)sql";

// A bit in a box, or in how many there are, is a face that nobody covers. Null: older than the column.
constexpr std::string_view kChecksums = "ALTER TABLE rekognition_faces ADD COLUMN crc INTEGER";
// Which write of the object is meant, and why a job failed.
constexpr std::string_view kPin = R"sql(
ALTER TABLE rekognition_job ADD COLUMN etag TEXT;
ALTER TABLE rekognition_job ADD COLUMN size INTEGER;
ALTER TABLE rekognition_job ADD COLUMN identity TEXT;
ALTER TABLE rekognition_job ADD COLUMN failure_code TEXT NOT NULL DEFAULT '';
)sql";

constexpr std::string_view kColumns =
    "SELECT id, account, region, bucket, name, version, tag, token, fingerprint, status, message, created, "
    "metadata, detector, recall, faces, etag, size, identity, failure_code FROM rekognition_job ";

constexpr std::size_t kFacesPerRow = 200;

std::int64_t faces_checksum(std::string_view job, std::int64_t first, std::int64_t total, std::string_view records) {
  return storage::row_checksum({job, std::to_string(first), std::to_string(total), records});
}

std::string metadata_text(const VideoMetadata& metadata) {
  json::object object{{"codec", metadata.codec},         {"duration", metadata.duration_millis},
                      {"format", metadata.format},       {"rate", metadata.frame_rate},
                      {"height", metadata.frame_height}, {"width", metadata.frame_width}};
  if (metadata.color_range) object["range"] = *metadata.color_range;
  return json::text(object);
}

std::optional<VideoMetadata> parse_metadata(const std::string& text) {
  const auto parsed = json::parse(text);
  if (!parsed.ok() || !parsed->is_object()) return std::nullopt;
  const json::object& object = parsed->get_object();
  VideoMetadata metadata;
  metadata.codec = object.at("codec").as_string();
  metadata.format = object.at("format").as_string();
  metadata.duration_millis = object.at("duration").to_number<std::int64_t>();
  metadata.frame_rate = object.at("rate").to_number<float>();
  metadata.frame_height = object.at("height").to_number<std::int64_t>();
  metadata.frame_width = object.at("width").to_number<std::int64_t>();
  if (object.contains("range")) metadata.color_range = std::string(object.at("range").as_string());
  return metadata;
}

Job read_job(const storage::Statement& row) {
  Job job;
  job.id = row.string(0);
  job.account = row.string(1);
  job.region = row.string(2);
  job.object.bucket = row.string(3);
  job.object.name = row.string(4);
  job.object.version = row.optional_text(5);
  job.tag = row.optional_text(6);
  job.token = row.optional_text(7);
  job.fingerprint = row.string(8);
  job.status = static_cast<JobStatus>(row.integer(9));
  job.status_message = row.string(10);
  job.created = from_millis(row.integer(11));
  if (const auto metadata = row.optional_text(12)) job.metadata = parse_metadata(*metadata);
  job.detector = row.string(13);
  job.recall = row.string(14);
  job.faces = row.integer(15);
  if (auto identity = row.optional_text(18)) {
    job.pin = Pin{row.string(16), static_cast<std::uint64_t>(row.integer(17)), std::move(*identity)};
  }
  job.failure_code = row.string(19);
  return job;
}

void write_pin(storage::Transaction& tx, const std::string& id, const Pin& pin) {
  tx.run("UPDATE rekognition_job SET etag = ?2, size = ?3, identity = ?4 WHERE id = ?1 AND identity IS NULL", id,
         pin.etag, static_cast<std::int64_t>(pin.size), pin.identity);
}

}  // namespace

std::string_view status_name(JobStatus status) {
  switch (status) {
    case JobStatus::in_progress: return "IN_PROGRESS";
    case JobStatus::succeeded: return "SUCCEEDED";
    default: return "FAILED";
  }
}

Result<void> Store::migrate() { return database_.migrate("rekognition", {kTables, kChecksums, kPin}); }

Result<Job> Store::add(const Job& job) {
  return database_.write_value_blocking<Job>([&](storage::Transaction& tx) -> Result<Job> {
    if (job.token) {
      auto known = tx.prepare(std::string(kColumns) + "WHERE account = ?1 AND region = ?2 AND token = ?3");
      known.bind_all(job.account, job.region, *job.token);
      if (known.step()) return read_job(known);
    }
    tx.run(
        "INSERT INTO rekognition_job(id, account, region, bucket, name, version, tag, token, fingerprint, status, "
        "message, created, detector, recall, faces) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '', ?11, '', '', "
        "0)",
        job.id, job.account, job.region, job.object.bucket.value_or(""), job.object.name.value_or(""),
        job.object.version, job.tag, job.token, job.fingerprint, static_cast<int>(job.status), to_millis(job.created));
    if (job.pin) write_pin(tx, job.id, *job.pin);
    return job;
  });
}

Result<std::optional<Job>> Store::find(const std::string& id) {
  return database_.read_value<std::optional<Job>>([&](storage::Connection& c) -> Result<std::optional<Job>> {
    auto row = c.prepare(std::string(kColumns) + "WHERE id = ?1");
    row.bind(id);
    if (!row.step()) return std::optional<Job>();
    return std::optional<Job>(read_job(row));
  });
}

Result<std::vector<std::string>> Store::unfinished() {
  return database_.read_value<std::vector<std::string>>(
      [&](storage::Connection& c) -> Result<std::vector<std::string>> {
        auto rows = c.prepare("SELECT id FROM rekognition_job WHERE status = ?1 ORDER BY created, id");
        rows.bind(static_cast<int>(JobStatus::in_progress));
        std::vector<std::string> ids;
        while (rows.step()) ids.push_back(rows.string(0));
        return ids;
      });
}

Result<void> Store::succeed(const std::string& id, const VideoMetadata& metadata, const std::string& detector,
                            const std::string& recall, const std::vector<json::value>& face_records) {
  return database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    tx.run("DELETE FROM rekognition_faces WHERE job = ?1", id);
    for (std::size_t first = 0; first < face_records.size(); first += kFacesPerRow) {
      const std::size_t end = std::min(face_records.size(), first + kFacesPerRow);
      const json::array records(face_records.begin() + static_cast<std::ptrdiff_t>(first),
                                face_records.begin() + static_cast<std::ptrdiff_t>(end));
      const std::string text = json::text(records);
      tx.run(
          "INSERT INTO rekognition_faces VALUES (?1, ?2, ?3, ?4)", id, static_cast<std::int64_t>(first), text,
          faces_checksum(id, static_cast<std::int64_t>(first), static_cast<std::int64_t>(face_records.size()), text));
    }
    tx.run(
        "UPDATE rekognition_job SET status = ?2, metadata = ?3, detector = ?4, recall = ?5, faces = ?6 WHERE id = ?1",
        id, static_cast<int>(JobStatus::succeeded), metadata_text(metadata), detector, recall,
        static_cast<std::int64_t>(face_records.size()));
    return {};
  });
}

Result<void> Store::fail(const std::string& id, const std::string& message, std::string_view failure_code) {
  return database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    tx.run("UPDATE rekognition_job SET status = ?2, message = ?3, failure_code = ?4 WHERE id = ?1", id,
           static_cast<int>(JobStatus::failed), message, failure_code);
    return {};
  });
}

Result<void> Store::pin(const std::string& id, const Pin& pin) {
  return database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    write_pin(tx, id, pin);
    return {};
  });
}

Result<std::vector<FaceDetection>> Store::faces(const std::string& id, std::int64_t first, std::int64_t count,
                                                std::int64_t total) {
  return database_.read_value<std::vector<FaceDetection>>(
      [&](storage::Connection& c) -> Result<std::vector<FaceDetection>> {
        std::vector<FaceDetection> faces;
        auto rows = c.prepare(
            "SELECT first, records, crc FROM rekognition_faces WHERE job = ?1 AND first > ?2 AND first < ?3 ORDER BY "
            "first");
        rows.bind_all(id, first - static_cast<std::int64_t>(kFacesPerRow), first + count);
        while (rows.step()) {
          const std::int64_t row_first = rows.integer(0);
          const bool is_whole =
              rows.is_null(2) || rows.integer(2) == faces_checksum(id, row_first, total, rows.text(1));
          const auto records = json::parse(rows.text(1));
          if (!is_whole || !records.ok() || !records->is_array())
            return Error{kInternalFailure, "A face job's result is damaged."};
          const json::array& list = records->get_array();
          for (std::size_t i = 0; i < list.size(); ++i) {
            const std::int64_t number = row_first + static_cast<std::int64_t>(i);
            if (number >= first && number < first + count) faces.push_back(face_of_record(list[i]));
          }
        }
        const std::int64_t wanted = std::clamp<std::int64_t>(total - first, 0, count);
        if (static_cast<std::int64_t>(faces.size()) != wanted)
          return Error{kInternalFailure, "A face job's result is damaged."};
        return faces;
      });
}

void Store::scrub(storage::Scrub& scrub) {
  std::vector<std::pair<std::string, std::int64_t>> jobs;
  const Result<void> listed = database_.read([&](storage::Connection& c) -> Result<void> {
    auto rows = c.prepare("SELECT id, faces FROM rekognition_job WHERE status = ?1");
    rows.bind(static_cast<int>(JobStatus::succeeded));
    while (rows.step()) jobs.emplace_back(rows.string(0), rows.integer(1));
    return {};
  });
  if (!listed.ok()) return;  // an earlier version's tables
  for (const auto& [id, total] : jobs) {
    scrub.checked(static_cast<std::uint64_t>(total));
    if (!faces(id, 0, std::max<std::int64_t>(total, 1), total).ok())
      scrub.damaged("the result of face job " + id + " is damaged", "start face detection again");
  }
}

void Store::forget_before(TimePoint limit) {
  database_.submit(
      [limit](storage::Transaction& tx) -> Result<void> {
        tx.run(
            "DELETE FROM rekognition_faces WHERE job IN (SELECT id FROM rekognition_job WHERE created < ?1 AND status "
            "<> 0)",
            to_millis(limit));
        tx.run("DELETE FROM rekognition_job WHERE created < ?1 AND status <> 0", to_millis(limit));
        return {};
      },
      [](const Result<void>& done) {
        if (!done.ok()) log::warn("old face jobs cannot be removed: {}", done.error().message());
      });
}

}  // namespace cumulet::rekognition
