#include "apps/polybot/common/work_store.hpp"

#include <charconv>
#include <map>
#include <set>

#include "sdk/errors.hpp"

namespace cumulet::polybot {
namespace {

constexpr std::size_t kMostVideos = 100'000;
constexpr std::size_t kRememberedText = 80;

std::string work_key(const Job& job, std::string_view name) {
  return "work/" + job.chat_id + '/' + job.id() + '/' + std::string(name);
}
std::string answer_key(const Job& job) { return "answers/" + job.id(); }

const sdk::PutOptions kJson{.content_type = "application/json", .metadata = {}, .if_none_match = {}};

std::int64_t whole(const json::value& v, std::string_view name) {
  const auto* found = json::find(v, name);
  return found && found->is_int64() ? found->get_int64() : 0;
}

json::object place_json(const Place& place) { return {{"date", place.date}, {"message_id", place.message_id}}; }

}  // namespace

Result<std::optional<std::string>> WorkStore::get(const std::string& key) {
  auto out = s3_.get(bucket_, key);
  if (out.ok()) return std::optional<std::string>(std::move(*out));
  if (out.error().code() == "NoSuchKey") return std::optional<std::string>();
  return out.error();
}

Result<void> WorkStore::put_asked(const Job& job) {
  json::object asked{{"text", shortened(job.text, kRememberedText)}};
  if (job.place) asked["place"] = place_json(*job.place);
  if (!job.retry_of.empty()) asked["is_retry"] = true;
  CUMULET_CHECK(s3_.put(bucket_, work_key(job, "asked"), json::text(asked), kJson));
  return {};
}

Result<void> WorkStore::remove_asked(const Job& job) { return s3_.remove(bucket_, work_key(job, "asked")); }

Result<void> WorkStore::cancel(std::string_view chat_id, Place up_to) {
  CUMULET_CHECK(s3_.put(bucket_, "cancelled/" + std::string(chat_id), json::text(place_json(up_to)), kJson));
  return {};
}

Result<bool> WorkStore::cancel_one(const std::string& chat_id, const std::string& job_id) {
  if (!is_job_id(job_id)) return false;
  CUMULET_TRY(const bool answered, is_answered(job_id));
  if (answered) return false;
  CUMULET_CHECK(s3_.put(bucket_, "work/" + chat_id + '/' + job_id + "/cancelled", ""));
  return true;
}

Result<std::optional<Job>> WorkStore::retry_job(const std::string& chat_id, const std::string& job_id) {
  if (!is_job_id(job_id)) return std::optional<Job>();
  CUMULET_TRY(const auto content, get("retries/" + chat_id + '/' + job_id));
  if (!content) return std::optional<Job>();
  CUMULET_TRY(auto job, job_from_json(*content));
  if (job.chat_id != chat_id) return std::optional<Job>();
  return std::optional<Job>(std::move(job));
}

Result<void> WorkStore::remove_retry(const std::string& chat_id, const std::string& job_id) {
  return s3_.remove(bucket_, "retries/" + chat_id + '/' + job_id);
}

Result<void> WorkStore::put_retry(const Job& job) {
  CUMULET_CHECK(s3_.put(bucket_, "retries/" + job.chat_id + '/' + job.id(), json::text(to_json(job)), kJson));
  return {};
}

Result<std::vector<Work>> WorkStore::open_work(std::string_view chat_id, std::size_t most) {
  const std::string prefix = "work/" + std::string(chat_id) + '/';
  CUMULET_TRY(const auto keys, s3_.list(bucket_, prefix, most * 3));
  std::map<std::string, Work> found;
  std::set<std::string> dropped;
  for (const std::string& key : keys) {
    const auto slash = key.find('/', prefix.size());
    if (slash == std::string::npos) continue;
    const std::string id = key.substr(prefix.size(), slash - prefix.size()), name = key.substr(slash + 1);
    if (name == "cancelled") dropped.insert(id);
    if (name != "asked" && name != "state") continue;
    if (!found.contains(id) && found.size() == most) break;
    CUMULET_TRY(const auto content, get(key));
    if (!content) continue;
    Work& work = found[id];
    work.job_id = id;
    if (name == "state") {
      work.state = *content;
      continue;
    }
    const auto asked = json::parse(*content, {.depth = 8});
    if (!asked.ok()) continue;
    if (const auto* text = json::find(*asked, "text"); text && text->is_string()) work.text = text->get_string();
    if (const auto* place = json::find(*asked, "place"))
      work.place = Place{whole(*place, "date"), whole(*place, "message_id")};
    work.is_retry = json::find(*asked, "is_retry") != nullptr;
  }
  std::optional<Place> cancelled;
  CUMULET_TRY(const auto marker, get("cancelled/" + std::string(chat_id)));
  if (marker)
    if (const auto place = json::parse(*marker, {.depth = 8}); place.ok())
      cancelled = Place{whole(*place, "date"), whole(*place, "message_id")};
  std::vector<Work> out;
  for (auto& [id, work] : found)
    if (!dropped.contains(id) && (!cancelled || !work.place || work.is_retry || *work.place > *cancelled))
      out.push_back(std::move(work));
  return out;
}

Result<std::size_t> WorkStore::delete_videos(std::string_view chat_id) {
  CUMULET_TRY(const auto keys, s3_.list(bucket_, "videos/" + std::string(chat_id) + '/', kMostVideos));
  for (const std::string& key : keys) CUMULET_CHECK(s3_.remove(bucket_, key));
  CUMULET_TRY(const auto retries, s3_.list(bucket_, "retries/" + std::string(chat_id) + '/', kMostVideos));
  for (const std::string& key : retries) CUMULET_CHECK(s3_.remove(bucket_, key));
  return keys.size();
}

std::optional<std::int64_t> WorkStore::status_message(const Job& job) {
  const auto content = get(work_key(job, "status"));
  if (!content.ok() || !*content) return std::nullopt;
  std::int64_t out = 0;
  const std::string& text = **content;
  if (std::from_chars(text.data(), text.data() + text.size(), out).ec != std::errc{}) return std::nullopt;
  return out;
}

Result<void> WorkStore::put_status_message(const Job& job, std::int64_t message_id) {
  CUMULET_CHECK(s3_.put(bucket_, work_key(job, "status"), std::to_string(message_id)));
  return {};
}

Result<void> WorkStore::put_state(const Job& job, std::string_view state) {
  CUMULET_CHECK(s3_.put(bucket_, work_key(job, "state"), std::string(state)));
  return {};
}

Result<bool> WorkStore::is_cancelled(const Job& job) {
  CUMULET_TRY(const auto alone, get(work_key(job, "cancelled")));
  if (alone) return true;
  // A retry stands at its request's place, before a /cancel that came in between; it is cancelled by itself alone.
  if (!job.place || !job.retry_of.empty()) return false;
  CUMULET_TRY(const auto marker, get("cancelled/" + job.chat_id));
  if (!marker) return false;
  CUMULET_TRY(const auto place, json::parse(*marker, {.depth = 8}));
  return *job.place <= Place{whole(place, "date"), whole(place, "message_id")};
}

Result<bool> WorkStore::is_answered(const std::string& job_id) {
  if (!is_job_id(job_id)) return false;
  CUMULET_TRY(const auto marker, get("answers/" + job_id));
  return marker && *marker == "answered";
}

Result<Claim> WorkStore::claim_answer(const Job& job, TimePoint now, TimePoint until) {
  sdk::PutOptions first;
  first.if_none_match = "*";
  const auto put = s3_.put(bucket_, answer_key(job), std::to_string(to_millis(until)), first);
  if (put.ok()) return Claim::ours;
  if (put.error().status() != 412 && put.error().status() != 409) return put.error();  // 409: two at the same moment
  CUMULET_TRY(const auto marker, get(answer_key(job)));
  if (!marker) return Claim::others;  // released just now; the next delivery sees
  if (*marker == "answered") return Claim::answered;
  std::int64_t theirs = 0;
  std::from_chars(marker->data(), marker->data() + marker->size(), theirs);
  return to_millis(now) > theirs ? Claim::stale : Claim::others;
}

Result<void> WorkStore::release_answer(const Job& job) { return s3_.remove(bucket_, answer_key(job)); }

Result<void> WorkStore::finish(const Job& job) {
  CUMULET_CHECK(s3_.put(bucket_, answer_key(job), "answered"));
  return remove_work(job);
}

Result<void> WorkStore::remove_work(const Job& job) {
  for (const char* name : {"asked", "cancelled", "state", "status"}) CUMULET_CHECK(s3_.remove(bucket_, work_key(job, name)));
  return {};
}

Result<void> WorkStore::put_blur(const Job& job) {
  CUMULET_CHECK(s3_.put(bucket_, "blur/" + job.id(), json::text(to_json(job)), kJson));
  return {};
}

Result<std::optional<Job>> WorkStore::blur_job(std::string_view job_id) {
  if (!is_job_id(job_id)) return std::optional<Job>();
  CUMULET_TRY(const auto content, get("blur/" + std::string(job_id)));
  if (!content) return std::optional<Job>();
  CUMULET_TRY(auto job, job_from_json(*content));
  return std::optional<Job>(std::move(job));
}

Result<void> WorkStore::remove_blur(const Job& job) { return s3_.remove(bucket_, "blur/" + job.id()); }

std::string WorkStore::video_key(const Job& job, std::string_view suffix) const {
  return "videos/" + job.chat_id + '/' + job.id() + std::string(suffix);
}

Result<std::optional<std::string>> WorkStore::stored_video(const Job& job) {
  CUMULET_TRY(const auto keys, s3_.list(bucket_, video_key(job, "."), 1));
  if (keys.empty()) return std::optional<std::string>();
  return std::optional<std::string>(keys.front());
}

}  // namespace cumulet::polybot
