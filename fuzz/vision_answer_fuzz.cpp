#include "base/encoding.hpp"
#include "fuzz/fuzz.hpp"
#include "services/rekognition/face_record.hpp"
#include "services/rekognition/vision_answer.hpp"

using namespace cumulet;
using namespace cumulet::rekognition;

namespace {

Result<Analysis> answer_of(std::string_view bytes, std::size_t step) {
  VisionAnswer answer;
  for (std::size_t at = 0; at < bytes.size(); at += step) answer.take(bytes.substr(at, step));
  CUMULET_HOLDS(answer.announced_ms() >= 0);
  process::ExitStatus status;
  status.code = 0;
  return std::move(answer).result(status);
}

}  // namespace

// The child that decodes a stranger's film may be the stranger's by then: whatever it answers becomes a result that can
// be kept and told, or a failure. However its bytes come, it is the same one.
CUMULET_FUZZ(bytes) {
  if (bytes.size() > 20'000) return;
  const auto whole = answer_of(bytes, bytes.size() + 1), pieces = answer_of(bytes, 1 + bytes.size() % 7);
  CUMULET_HOLDS(whole.ok() == pieces.ok());
  if (!whole.ok()) {
    CUMULET_HOLDS(whole.error().code() == pieces.error().code() && whole.error().message() == pieces.error().message());
    CUMULET_HOLDS(whole.error().message().size() <= 500 && is_valid_utf8(whole.error().message()));
    CUMULET_HOLDS(whole.error().message().find_first_of("\r\n") == std::string::npos);
    return;
  }
  CUMULET_HOLDS(is_valid_utf8(whole->detector) && is_valid_utf8(whole->recall));
  CUMULET_HOLDS(whole->faces.size() == pieces->faces.size());
  for (const json::value& record : whole->faces) {
    const FaceDetection face = face_of_record(record);
    CUMULET_HOLDS(!face.face.landmarks || face.face.landmarks->size() == 5);
    // As the table keeps it and gives it back.
    const auto kept = json::parse(json::text(record));
    CUMULET_HOLDS(kept.ok() && is_face_record(*kept) && face_of_record(*kept).timestamp == face.timestamp);
  }
  if (whole->metadata) CUMULET_HOLDS(whole->metadata->frame_width >= 0 && whole->metadata->duration_millis >= 0);
}
