#include "oci/registry.hpp"

#include <set>

#include "base/log.hpp"
#include "oci/errors.hpp"
#include "oci/names.hpp"

namespace cumulet::oci {
namespace {

constexpr Milliseconds kPeriod = std::chrono::minutes(10);
constexpr std::size_t kLinksInARound = 1000, kBlobsInAJob = 100;
constexpr std::size_t kMostTouched = 65'536;
constexpr Milliseconds kPullsApart = std::chrono::hours(1);  // what a pull writes; ECR is a day late at most

// Nobody's clock set forward may end everything at once.
TimePoint careful_now(const Clock& clock) { return std::min(clock.now(), clock.steady()); }

}  // namespace

Registry::Registry(Dependencies dependencies)
    : d_(std::move(dependencies)),
      rounds_(std::make_shared<Rounds>(d_.timers, d_.workers, kPeriod, [this] { collect(); })) {}
Registry::~Registry() { stop(); }

Result<void> Registry::load() {
  CUMULET_CHECK(store::migrate(d_.database));
  CUMULET_TRY(blobs_, storage::BlobStore::open(d_.folder, d_.is_durable, d_.orphans));
  std::set<std::string, std::less<>> named;
  CUMULET_CHECK(d_.database.read([&](storage::Connection& c) -> Result<void> {
    for (std::string& file : store::all_files(c)) named.insert(std::move(file));
    return {};
  }));
  blobs_->sweep([&](std::string_view id) { return named.contains(id); });
  CUMULET_TRY(std::string secret, d_.database.write_value_blocking<std::string>(
                                      [this](storage::Transaction& tx) -> Result<std::string> {
                                        return store::secret(tx, random_hex(64, d_.random));
                                      },
                                      storage::Room::reserved));
  tokens_ = std::make_unique<Tokens>(std::move(secret));
  uploads_ = std::make_unique<Uploads>(d_.database, *blobs_, d_.workers, d_.clock, d_.random, d_.limits);
  return {};
}

void Registry::start() { wake(); }
void Registry::stop() { rounds_->stop(); }
void Registry::wake() { rounds_->wake(); }

awaitable<Result<Registry::Put>> Registry::put_manifest(std::string region, std::string repository, std::string bytes,
                                                        std::string content_type, std::optional<std::string> tag,
                                                        Digest digest) {
  auto put = std::make_shared<Put>();
  auto text = std::make_shared<std::string>(std::move(bytes));
  std::function<Result<void>()> work = [put, text, content_type = std::move(content_type), digest]() -> Result<void> {
    CUMULET_TRY(put->manifest, parse_manifest(*text, content_type));
    put->digest = Digest::of(*text);
    if (!digest.empty() && put->digest != digest)
      return Error{kDigestInvalid, "provided digest did not match uploaded content"};
    return {};
  };
  CUMULET_CO_CHECK(co_await run_on(d_.workers, std::move(work)));
  storage::Database::Job job = [put, text, region = std::move(region), repository = std::move(repository),
                                tag = std::move(tag), now = d_.clock.now()](storage::Transaction& tx) -> Result<void> {
    CUMULET_TRY(const Repository found, store::require_repository(tx, region, repository));
    CUMULET_TRY(put->is_new, store::put_manifest(tx, found, put->manifest, put->digest, *text, tag, now));
    return {};
  };
  CUMULET_CO_CHECK(co_await d_.database.write(std::move(job)));
  if (put->is_new && on_push_) on_push_();
  co_return std::move(*put);
}

Result<StoredManifest> Registry::pull(const std::string& region, const std::string& repository,
                                      const std::string& reference) {
  std::int64_t id = 0;
  CUMULET_TRY(StoredManifest manifest,
              d_.database.read_value<StoredManifest>([&](storage::Connection& c) -> Result<StoredManifest> {
                CUMULET_TRY(const Repository found, store::require_repository(c, region, repository));
                id = found.id;
                auto digest = Digest::parse(reference);
                if (!digest && is_tag(reference)) digest = store::digest_of_tag(c, found.id, reference);
                std::optional<StoredManifest> stored;
                if (digest) stored = store::find_manifest(c, found.id, *digest);
                if (!stored)
                  return Error{kManifestUnknown, "manifest unknown", {{"reference", reference.substr(0, 300)}}};
                return std::move(*stored);
              }));
  const TimePoint now = d_.clock.now();
  if (!manifest.pulled || now - *manifest.pulled >= kPullsApart)
    d_.database.submit(
        [id, digest = manifest.digest, now](storage::Transaction& tx) -> Result<void> {
          store::note_pull(tx, id, digest, now);
          return {};
        },
        [](const Result<void>&) {});
  return manifest;
}

Result<std::vector<http::FileRange>> Registry::open_blob(const std::string& region, const std::string& repository,
                                                         const Digest& digest) {
  CUMULET_TRY(const Blob blob, d_.database.read_value<Blob>([&](storage::Connection& c) -> Result<Blob> {
    CUMULET_TRY(const Repository found, store::require_repository(c, region, repository));
    auto stored = store::find_blob(c, found.id, digest);
    if (!stored) return Error{kBlobUnknown, "blob unknown to registry", {{"digest", digest.text()}}};
    touch(found.id, digest);
    return std::move(*stored);
  }));
  std::vector<http::FileRange> pieces;
  for (const Extent& extent : blob.extents) {
    CUMULET_TRY(auto file, blobs_->open_blob(extent.file, extent.size));
    pieces.push_back({std::move(file), 0, extent.size});
  }
  return pieces;
}

void Registry::touch(std::int64_t repository, const Digest& digest) {
  const TimePoint now = d_.clock.steady();
  std::lock_guard lock(touched_mutex_);
  if (touched_.size() >= kMostTouched)
    std::erase_if(touched_, [&](const auto& one) { return now - one.second >= kSpared; });
  if (touched_.size() >= kMostTouched) touched_.clear();
  touched_[{repository, digest.text()}] = now;
}

Result<std::size_t> Registry::collect_links(TimePoint now) {
  std::vector<store::Link> idle;
  CUMULET_CHECK(d_.database.read([&](storage::Connection& c) -> Result<void> {
    idle = store::idle_links(c, now - kSpared, kLinksInARound);
    return {};
  }));
  {
    const TimePoint steady = d_.clock.steady();
    std::lock_guard lock(touched_mutex_);
    std::erase_if(idle, [&](const store::Link& link) {
      const auto found = touched_.find({link.repository, link.digest.text()});
      return found != touched_.end() && steady - found->second < kSpared;
    });
  }
  if (idle.empty()) return std::size_t{0};
  CUMULET_CHECK(d_.database.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        for (const store::Link& link : idle)
          if (!store::is_needed(tx, link.repository, link.digest)) store::unlink_blob(tx, link.repository, link.digest);
        return {};
      },
      storage::Room::reserved));
  return idle.size();
}

std::size_t Registry::collect() {
  const TimePoint now = careful_now(d_.clock);
  uploads_->remove_idle(now);
  while (true) {
    const auto links = collect_links(now);
    if (!links.ok()) log::warn("unused layers could not be collected: {}", links.error().message());
    if (!links.ok() || *links < kLinksInARound) break;
  }
  std::size_t removed = 0;
  while (true) {
    auto forgotten = d_.database.write_value_blocking<store::Forgotten>(
        [](storage::Transaction& tx) -> Result<store::Forgotten> {
          return store::forget_unlinked_blobs(tx, kBlobsInAJob);
        },
        storage::Room::reserved);
    if (!forgotten.ok()) {
      log::warn("unused layers could not be removed: {}", forgotten.error().message());
      return removed;
    }
    for (const std::string& file : forgotten->files) blobs_->remove(file);
    removed += forgotten->blobs;
    if (forgotten->blobs < kBlobsInAJob) return removed;
  }
}

}  // namespace cumulet::oci
