#include "apps/faceblur/blur-faces/reviewed_tracks.hpp"

namespace cumulet::faceblur {

Result<std::optional<Reviewed>> read_reviewed(const json::value& event, sdk::S3& s3) {
  const auto* reference = json::find(event, "tracks_s3_object");
  if (!reference) return std::optional<Reviewed>();
  const std::string bucket = json::text_at(*reference, "bucket"), key = json::text_at(*reference, "key");
  if (bucket.empty() || key.empty())
    return Error{kInvalidInput, "\"tracks_s3_object\" has no \"bucket\" or no \"key\""};
  json::object named = event.is_object() ? event.get_object() : json::object();
  if (json::text_at(event, "job_id").empty()) named["job_id"] = "reviewed";
  Reviewed out;
  CUMULET_TRY(out.job, read_job(named));
  const sdk::ReadCondition as_named{.if_match = json::text_at(*reference, "etag")};
  CUMULET_TRY(const auto info, s3.head(bucket, key));
  if (info.size > kLongestTracksFile)
    return Error{kInvalidInput, "s3://" + bucket + '/' + key + " is too long for a tracks file"};
  CUMULET_TRY(const auto text, s3.get(bucket, key, as_named));
  CUMULET_TRY(out.tracks, vision::parse_tracks_text(text));
  return std::optional(std::move(out));
}

}  // namespace cumulet::faceblur
