#include "oci/distribution.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/encoding.hpp"
#include "base/file_response.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "oci/errors.hpp"
#include "oci/names.hpp"

namespace cumulet::oci {
namespace {

constexpr std::size_t kTagsPage = 1000;      // without "n", and at most
constexpr std::size_t kReferrersPage = 100;  // their annotations come along
constexpr std::size_t kReferrersBytes = kLargestManifest;
constexpr std::size_t kManifestsAtOnce = 32;  // bodies in memory, of up to 4 MB each

using To = Route::To;

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "0-99", as the specification writes it; "bytes 0-99/*" as HTTP does.
Result<std::optional<ChunkRange>> chunk_range(const http::RequestHead& head) {
  const auto header = head.headers.get("Content-Range");
  if (!header) return std::optional<ChunkRange>();
  std::string_view text = *header;
  if (text.starts_with("bytes ")) text.remove_prefix(6);
  text = text.substr(0, text.find('/'));
  const auto dash = text.find('-');
  const auto first = number(text.substr(0, dash));
  const auto last = dash == text.npos ? std::nullopt : number(text.substr(dash + 1));
  if (!first || !last || *last < *first || *last >= std::uint64_t{1} << 62)
    return Error{kBlobUploadInvalid, "Content-Range takes the numbers of the chunk's first and last byte: 0-99"};
  if (head.content_length && *head.content_length != *last - *first + 1)
    return Error{kSizeInvalid, "Content-Range and Content-Length do not tell of the same number of bytes"};
  return std::optional(ChunkRange{*first, *last});
}

std::string blob_path(const std::string& repository, const Digest& digest) {
  return "/v2/" + repository + "/blobs/" + digest.text();
}

http::Response answer_of(int status, std::string location = {}) {
  http::Response response;
  response.status = status;
  if (!location.empty()) response.headers.add("Location", std::move(location));
  return response;
}

http::Response created_blob(const std::string& repository, const Digest& digest) {
  http::Response response = answer_of(201, blob_path(repository, digest));
  response.headers.add("Docker-Content-Digest", digest.text());
  return response;
}

http::Response upload_response(int status, const std::string& repository, const Uploads::Progress& progress) {
  http::Response response = answer_of(status, "/v2/" + repository + "/blobs/uploads/" + progress.id);
  response.headers.add("Docker-Upload-UUID", progress.id);
  response.headers.add("Range", "0-" + std::to_string(progress.size == 0 ? 0 : progress.size - 1));
  return response;
}

http::Response json_response(const json::value& value, std::string_view type = "application/json") {
  http::Response response;
  response.headers.add("Content-Type", std::string(type));
  response.body = http::Body(json::text(value));
  return response;
}

http::Response error_response(const Error& error) {
  json::object one;
  // What is not of the specification (a full disk) has no code there.
  const bool is_ours = error.status() < 500;
  one["code"] = is_ours ? error.code() : error.status() == 503 ? std::string_view("UNAVAILABLE") : "UNKNOWN";
  one["message"] = error.status() == 500 ? "We encountered an internal error. Please try again." : error.message();
  json::object detail;
  for (const auto& [name, value] : error.fields()) detail[name] = value;
  one["detail"] = detail.empty() ? json::value() : json::value(std::move(detail));
  http::Response response = json_response(json::object{{"errors", json::array{std::move(one)}}});
  response.status = error.status();
  return response;
}

Error no_such_path() { return Error{kUnsupported, "The operation is unsupported."}; }

std::string query_encoded(std::string_view text) { return percent_encode(text); }

}  // namespace

struct Distribution::Call {
  const http::RequestHead& head;
  http::BodyStream& body;
  Route route;
  std::string region;
  std::map<std::string, std::string> query;  // decoded; of two of one name the first

  bool is(std::string_view method) const { return head.method == method; }
  bool reads() const { return is("GET") || is("HEAD"); }
  std::string asked(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
  Result<Digest> digest_asked() const {
    const auto digest = Digest::parse(asked("digest"));
    if (!digest)
      return Error{kDigestInvalid, "'digest' is no sha256 digest", {{"digest", asked("digest").substr(0, 300)}}};
    return *digest;
  }
  // How many items a page has; the page that began after `last`.
  Result<std::size_t> page(std::size_t most) const {
    const std::string n = asked("n");
    if (n.empty()) return most;
    const auto count = number(n);
    if (!count) return Error{kPageInvalid, "'n' is no number of items", {{"n", n.substr(0, 100)}}};
    return static_cast<std::size_t>(std::min<std::uint64_t>(*count, most));
  }
};

namespace {

Result<std::map<std::string, std::string>> read_query(std::string_view raw) {
  std::map<std::string, std::string> query;
  while (!raw.empty()) {
    const auto end = raw.find('&');
    const std::string_view one = raw.substr(0, end);
    raw = end == raw.npos ? std::string_view{} : raw.substr(end + 1);
    const auto equals = one.find('=');
    auto name = percent_decode(one.substr(0, equals), Plus::space);
    auto value = equals == one.npos ? std::string() : percent_decode(one.substr(equals + 1), Plus::space);
    if (!name || !value) return Error{kUnsupported, "the query is malformed"};
    query.emplace(std::move(*name), std::move(*value));
  }
  return query;
}

// The challenge that tools answer with a token. A proxy for TLS says so; who lies about it leads only itself astray.
std::string challenge(const http::RequestHead& head) {
  const std::string host(head.headers.get_or("Host", "127.0.0.1"));
  const std::string scheme = head.headers.get_or("X-Forwarded-Proto", "") == "https" ? "https" : "http";
  return "Bearer realm=\"" + scheme + "://" + host + "/v2/token\",service=\"" + host + '"';
}

Error unauthorized(std::string why) { return Error{kUnauthorized, std::move(why)}; }

std::string next_page(const std::string& path, std::size_t n, std::string_view last, const std::string& more = {}) {
  return '<' + path + "?n=" + std::to_string(n) + "&last=" + query_encoded(last) + more + ">; rel=\"next\"";
}

}  // namespace

Result<std::string> Distribution::admit(const Call& call) const {
  const std::string_view header = call.head.headers.get_or("Authorization", "");
  const auto space = header.find(' ');
  const std::string_view scheme = header.substr(0, space);
  const std::string_view rest = space == header.npos ? std::string_view{} : header.substr(space + 1);
  const auto by_token = [&](std::string_view token) -> Result<std::string> {
    auto grant = registry_.tokens().read(token, registry_.clock().now());
    if (!grant) return unauthorized("Your authorization token has expired or is not valid. Log in again.");
    return std::move(grant->region);
  };
  if (iequals(scheme, "Bearer")) return by_token(rest);
  if (iequals(scheme, "Basic")) {
    const auto text = base64_decode(rest);
    const auto colon = text ? text->find(':') : std::string::npos;
    if (colon == std::string::npos) return unauthorized("the login is malformed");
    const std::string_view name = std::string_view(*text).substr(0, colon);
    const std::string_view password = std::string_view(*text).substr(colon + 1);
    if (name == "AWS") return by_token(password);
    if (name.empty() && password.empty() && keeper_.lets_anybody_in) return keeper_.default_region;
    const Login login = keeper_.check(name, password);
    if (login == Login::right || (login == Login::unknown && keeper_.lets_anybody_in)) return keeper_.default_region;
    return unauthorized("the access key or its secret is wrong");
  }
  if (const std::string token = call.asked("token"); header.empty() && !token.empty()) return by_token(token);
  if (!header.empty()) return unauthorized("this way to log in is not known here: Basic and Bearer are");
  if (keeper_.lets_anybody_in) return keeper_.default_region;
  return unauthorized("authentication required");
}

awaitable<http::Response> Distribution::handle(const http::RequestHead& head, http::BodyStream& body) {
  Call call{head, body, {}, {}, {}};
  Result<http::Response> result = co_await answer(call);
  http::Response response = result.ok() ? std::move(result).value() : error_response(result.error());
  if (!result.ok() && result.error().status() >= 500)
    log::warn("registry: {} {}: {}", head.method, head.raw_path(), result.error().message());
  if (response.status == 401) response.headers.add("WWW-Authenticate", challenge(head));
  response.headers.add("Docker-Distribution-Api-Version", "registry/2.0");
  if (call.is("HEAD") && !response.announced_length) {
    response.announced_length = response.body.length();
    response.body = http::Body();
  }
  co_return response;
}

awaitable<Result<http::Response>> Distribution::answer(Call& call) {
  auto route = route_of(call.head.raw_path());
  if (!route) co_return Error{kNameInvalid, "invalid repository name or path"};
  call.route = std::move(*route);
  CUMULET_CO_TRY(call.query, read_query(call.head.raw_query()));
  CUMULET_CO_TRY(call.region, admit(call));
  if (call.route.to == To::base) co_return base(call);
  if (call.route.to == To::token) co_return token(call);
  if (call.route.to == To::catalog) co_return co_await catalog(call);
  if (!is_repository_name(call.route.repository))
    co_return Error{kNameInvalid, "invalid repository name", {{"name", call.route.repository.substr(0, 300)}}};
  Result<http::Response> answered = no_such_path();
  switch (call.route.to) {
    case To::blob: answered = co_await blob(call); break;
    case To::uploads: answered = co_await begin_upload(call); break;
    case To::upload: answered = co_await upload(call); break;
    case To::manifest: answered = co_await manifest(call); break;
    case To::tags: answered = co_await tags(call); break;
    case To::referrers: answered = co_await referrers(call); break;
    default: break;
  }
  if (answered.ok() || !answered.error().is(kNameUnknown)) co_return answered;
  Error unknown = std::move(answered).error();
  co_return co_await challenged(call, std::move(unknown));
}

// Some tools send their login only when they are asked for it. Whoever is refused a name that another region has may
// have one.
awaitable<Result<http::Response>> Distribution::challenged(const Call& call, Error error) {
  if (call.head.headers.has("Authorization")) co_return error;
  const auto is_elsewhere = std::make_shared<bool>(false);
  std::function<Result<void>()> look = [&database = registry_.database(), is_elsewhere, name = call.route.repository] {
    return database.read([&](storage::Connection& c) -> Result<void> {
      *is_elsewhere = store::has_repository_anywhere(c, name);
      return {};
    });
  };
  CUMULET_CO_CHECK(co_await run_on(registry_.workers(), std::move(look)));
  if (!*is_elsewhere) co_return error;
  co_return unauthorized("another region has a repository of that name: log in for that region");
}

Result<http::Response> Distribution::base(const Call& call) const {
  if (!call.reads()) return no_such_path();
  if (!call.head.headers.has("Authorization")) return unauthorized("authentication required");
  return json_response(json::object{});
}

Result<http::Response> Distribution::token(const Call& call) const {
  if (!call.is("GET")) return no_such_path();
  const TimePoint now = registry_.clock().now();
  const std::string token = registry_.tokens().issue({keeper_.account, call.region, now + kLoginLifetime});
  return json_response(json::object{
      {"token", token}, {"access_token", token}, {"expires_in", kLoginLifetime.count()}, {"issued_at", iso8601(now)}});
}

awaitable<Result<Repository>> Distribution::repository(const Call& call) {
  auto found = std::make_shared<std::optional<Repository>>();
  std::function<Result<void>()> look = [&database = registry_.database(), found, region = call.region,
                                        name = call.route.repository] {
    return database.read([&](storage::Connection& c) -> Result<void> {
      CUMULET_TRY(*found, store::require_repository(c, region, name));
      return {};
    });
  };
  CUMULET_CO_CHECK(co_await run_on(registry_.workers(), std::move(look)));
  co_return std::move(**found);
}

awaitable<Result<http::Response>> Distribution::catalog(Call& call) {
  if (!call.reads()) co_return no_such_path();
  CUMULET_CO_TRY(const std::size_t most, call.page(kTagsPage));
  auto names = std::make_shared<std::vector<Repository>>();
  std::function<Result<void>()> look = [&database = registry_.database(), names, region = call.region,
                                        last = call.asked("last"), most] {
    return database.read([&](storage::Connection& c) -> Result<void> {
      *names = store::list_repositories(c, region, last, most + 1);
      return {};
    });
  };
  CUMULET_CO_CHECK(co_await run_on(registry_.workers(), std::move(look)));
  json::array list;
  for (std::size_t i = 0; i < names->size() && i < most; ++i) list.emplace_back((*names)[i].name);
  const bool has_more = names->size() > most && most > 0;
  http::Response response = json_response(json::object{{"repositories", std::move(list)}});
  if (has_more) response.headers.add("Link", next_page("/v2/_catalog", most, (*names)[most - 1].name));
  co_return response;
}

awaitable<Result<http::Response>> Distribution::blob(Call& call) {
  if (call.is("DELETE")) co_return co_await delete_blob(call);
  if (!call.reads()) co_return no_such_path();
  const auto digest = Digest::parse(call.route.reference);
  if (!digest) co_return Error{kDigestInvalid, "the blob's name is no sha256 digest"};
  auto pieces = std::make_shared<std::vector<http::FileRange>>();
  std::function<Result<void>()> open = [this, pieces, region = call.region, name = call.route.repository,
                                        digest = *digest]() -> Result<void> {
    CUMULET_TRY(*pieces, registry_.open_blob(region, name, digest));
    return {};
  };
  CUMULET_CO_CHECK(co_await run_on(registry_.workers(), std::move(open)));
  http::Response response = http::file_response(call.head, std::move(*pieces));
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("Docker-Content-Digest", digest->text());
  response.headers.add("ETag", '"' + digest->text() + '"');
  co_return response;
}

awaitable<Result<http::Response>> Distribution::delete_blob(Call& call) {
  const auto digest = Digest::parse(call.route.reference);
  if (!digest) co_return Error{kDigestInvalid, "the blob's name is no sha256 digest"};
  storage::Database::Job job = [digest = *digest, region = call.region,
                                name = call.route.repository](storage::Transaction& tx) -> Result<void> {
    CUMULET_TRY(const Repository found, store::require_repository(tx, region, name));
    if (!store::blob_size(tx, found.id, digest)) return Error{kBlobUnknown, "blob unknown to registry"};
    if (store::is_needed(tx, found.id, digest))
      return Error{kUnsupported, "a manifest of this repository names the blob: delete that first"};
    store::unlink_blob(tx, found.id, digest);
    return {};
  };
  CUMULET_CO_CHECK(co_await registry_.database().write(std::move(job), storage::Room::reserved));
  registry_.wake();
  co_return answer_of(202);
}

awaitable<Result<http::Response>> Distribution::begin_upload(Call& call) {
  if (!call.is("POST")) co_return no_such_path();
  Result<Repository> found = co_await repository(call);
  if (!found.ok()) co_return std::move(found).error();
  Repository target = std::move(found).value();
  if (call.query.contains("mount")) {
    const auto digest = Digest::parse(call.asked("mount"));
    if (!digest) co_return Error{kDigestInvalid, "'mount' is no sha256 digest"};
    const auto is_mounted = std::make_shared<bool>(false);
    storage::Database::Job job = [is_mounted, digest = *digest, region = call.region, from = call.asked("from"),
                                  to = target.id, now = registry_.clock().now()](storage::Transaction& tx) {
      const auto source = store::find_repository(tx, region, from);
      *is_mounted = source && store::mount_blob(tx, source->id, to, digest, now);
      return Result<void>{};
    };
    CUMULET_CO_CHECK(co_await registry_.database().write(std::move(job)));
    if (*is_mounted) co_return created_blob(target.name, *digest);
  } else if (call.query.contains("digest")) {
    CUMULET_CO_TRY(const Digest digest, call.digest_asked());
    const std::string name = target.name;
    Result<std::uint64_t> taken = co_await registry_.uploads().take(std::move(target), &call.body, digest);
    if (!taken.ok()) co_return std::move(taken).error();
    co_return created_blob(name, digest);
  }
  const std::string name = target.name;
  Result<Uploads::Progress> begun = co_await registry_.uploads().begin(std::move(target));
  if (!begun.ok()) co_return std::move(begun).error();
  co_return upload_response(202, name, *begun);
}

awaitable<Result<http::Response>> Distribution::upload(Call& call) {
  Result<Repository> found = co_await repository(call);
  if (!found.ok()) co_return std::move(found).error();
  const std::int64_t id = found->id;
  std::string upload = call.route.reference;
  if (call.reads()) {
    Result<Uploads::Progress> progress = co_await registry_.uploads().status(id, std::move(upload));
    if (!progress.ok()) co_return std::move(progress).error();
    co_return upload_response(204, found->name, *progress);
  }
  if (call.is("DELETE")) {
    CUMULET_CO_CHECK(co_await registry_.uploads().cancel(id, std::move(upload)));
    co_return answer_of(204);
  }
  CUMULET_CO_TRY(const std::optional<ChunkRange> range, chunk_range(call.head));
  if (call.is("PATCH")) {
    const std::string name = upload;
    Result<Uploads::Progress> progress = co_await registry_.uploads().append(id, std::move(upload), &call.body, range);
    if (progress.ok()) co_return upload_response(202, found->name, *progress);
    if (!progress.error().is(kRangeInvalid)) co_return std::move(progress).error();
    // So that the client can go on from where it is.
    Result<Uploads::Progress> now = co_await registry_.uploads().status(id, name);
    if (!now.ok()) co_return std::move(progress).error();
    http::Response response = error_response(progress.error());
    for (const auto& [field, value] : upload_response(416, found->name, *now).headers)
      response.headers.add(field, value);
    co_return response;
  }
  if (!call.is("PUT")) co_return no_such_path();
  CUMULET_CO_TRY(const Digest digest, call.digest_asked());
  Result<std::uint64_t> size = co_await registry_.uploads().finish(id, std::move(upload), &call.body, range, digest);
  if (!size.ok()) co_return std::move(size).error();
  co_return created_blob(found->name, digest);
}

awaitable<Result<http::Response>> Distribution::manifest(Call& call) {
  if (call.reads()) co_return co_await get_manifest(call);
  if (call.is("PUT")) co_return co_await put_manifest(call);
  if (call.is("DELETE")) co_return co_await delete_manifest(call);
  co_return no_such_path();
}

awaitable<Result<http::Response>> Distribution::get_manifest(Call& call) {
  auto stored = std::make_shared<std::optional<StoredManifest>>();
  std::function<Result<void>()> look = [this, stored, region = call.region, name = call.route.repository,
                                        reference = call.route.reference]() -> Result<void> {
    CUMULET_TRY(*stored, registry_.pull(region, name, reference));
    return {};
  };
  CUMULET_CO_CHECK(co_await run_on(registry_.workers(), std::move(look)));
  StoredManifest& manifest = **stored;
  http::Response response;
  response.headers.add("Content-Type", manifest.media_type);
  response.headers.add("Docker-Content-Digest", manifest.digest.text());
  response.headers.add("ETag", '"' + manifest.digest.text() + '"');
  response.body = http::Body(std::move(manifest.bytes));
  co_return response;
}

awaitable<Result<http::Response>> Distribution::put_manifest(Call& call) {
  std::optional<std::string> tag;
  Digest digest;
  if (const auto named = Digest::parse(call.route.reference)) {
    digest = *named;
  } else if (call.route.reference.find(':') != std::string::npos) {
    co_return Error{kDigestInvalid, "the manifest's name is no sha256 digest"};
  } else if (is_tag(call.route.reference)) {
    tag = call.route.reference;
  } else {
    co_return Error{kTagInvalid, "manifest tag did not match URI"};
  }
  const auto too_large = [] {
    return Error{kManifestTooLarge, "a manifest may have " + std::to_string(kLargestManifest) + " bytes at most"};
  };
  if (call.head.content_length.value_or(0) > kLargestManifest) co_return too_large();
  if (manifests_arriving_ >= kManifestsAtOnce)
    co_return Error{kTooManyRequests, "too many manifests are arriving. Please try again."};
  struct Place {
    explicit Place(std::size_t& n) : count(n) { ++count; }
    ~Place() { --count; }
    std::size_t& count;
  };
  const Place place(manifests_arriving_);
  std::string bytes;
  while (true) {
    Result<std::string_view> piece = co_await call.body.read();
    if (!piece.ok()) co_return std::move(piece).error();
    if (piece->empty()) break;
    if (bytes.size() + piece->size() > kLargestManifest) co_return too_large();
    bytes += *piece;
  }
  std::string region = call.region, name = call.route.repository;
  std::string type(call.head.headers.get_or("Content-Type", ""));
  Result<Registry::Put> put = co_await registry_.put_manifest(std::move(region), std::move(name), std::move(bytes),
                                                              std::move(type), std::move(tag), std::move(digest));
  if (!put.ok()) co_return std::move(put).error();
  http::Response response = answer_of(201, "/v2/" + call.route.repository + "/manifests/" + put->digest.text());
  response.headers.add("Docker-Content-Digest", put->digest.text());
  if (put->manifest.subject) response.headers.add("OCI-Subject", put->manifest.subject->digest.text());
  co_return response;
}

// By digest the manifest and all its tags; by tag that tag alone.
awaitable<Result<http::Response>> Distribution::delete_manifest(Call& call) {
  storage::Database::Job job = [reference = call.route.reference, region = call.region,
                                name = call.route.repository](storage::Transaction& tx) -> Result<void> {
    CUMULET_TRY(const Repository found, store::require_repository(tx, region, name));
    bool is_gone = false;
    if (const auto digest = Digest::parse(reference)) {
      CUMULET_TRY(is_gone, store::delete_manifest(tx, found.id, *digest));
    } else {
      is_gone = is_tag(reference) && store::delete_tag(tx, found.id, reference);
    }
    if (!is_gone) return Error{kManifestUnknown, "manifest unknown", {{"reference", reference.substr(0, 300)}}};
    return {};
  };
  CUMULET_CO_CHECK(co_await registry_.database().write(std::move(job), storage::Room::reserved));
  registry_.wake();
  co_return answer_of(202);
}

awaitable<Result<http::Response>> Distribution::tags(Call& call) {
  if (!call.reads()) co_return no_such_path();
  CUMULET_CO_TRY(const std::size_t most, call.page(kTagsPage));
  auto tags = std::make_shared<std::vector<std::string>>();
  std::function<Result<void>()> look = [&database = registry_.database(), tags, region = call.region,
                                        name = call.route.repository, last = call.asked("last"), most] {
    return database.read([&](storage::Connection& c) -> Result<void> {
      CUMULET_TRY(const Repository found, store::require_repository(c, region, name));
      *tags = store::list_tags(c, found.id, last, most + 1);
      return {};
    });
  };
  CUMULET_CO_CHECK(co_await run_on(registry_.workers(), std::move(look)));
  json::array list;
  for (std::size_t i = 0; i < tags->size() && i < most; ++i) list.emplace_back((*tags)[i]);
  http::Response response = json_response(json::object{{"name", call.route.repository}, {"tags", std::move(list)}});
  if (tags->size() > most && most > 0)
    response.headers.add("Link", next_page("/v2/" + call.route.repository + "/tags/list", most, (*tags)[most - 1]));
  co_return response;
}

awaitable<Result<http::Response>> Distribution::referrers(Call& call) {
  if (!call.reads()) co_return no_such_path();
  const auto subject = Digest::parse(call.route.reference);
  if (!subject) co_return Error{kDigestInvalid, "the subject's name is no sha256 digest"};
  CUMULET_CO_TRY(const std::size_t most, call.page(kReferrersPage));
  const std::string type = call.asked("artifactType");
  auto found = std::make_shared<std::vector<StoredManifest>>();
  std::function<Result<void>()> look = [&database = registry_.database(), found, region = call.region,
                                        name = call.route.repository, subject = *subject, type,
                                        last = call.asked("last"), most] {
    return database.read([&](storage::Connection& c) -> Result<void> {
      CUMULET_TRY(const Repository repository, store::require_repository(c, region, name));
      *found = store::referrers(c, repository.id, subject, type, last, most + 1);
      return {};
    });
  };
  CUMULET_CO_CHECK(co_await run_on(registry_.workers(), std::move(look)));
  json::array list;
  std::size_t bytes = 0;
  for (const StoredManifest& manifest : *found) {
    bytes += manifest.annotations.size();
    if (list.size() == most || (bytes > kReferrersBytes && !list.empty())) break;
    json::object one{{"mediaType", manifest.media_type}, {"size", manifest.size}, {"digest", manifest.digest.text()}};
    if (!manifest.artifact_type.empty()) one["artifactType"] = manifest.artifact_type;
    if (!manifest.annotations.empty()) {
      CUMULET_CO_TRY(one["annotations"], json::parse(manifest.annotations));
    }
    list.emplace_back(std::move(one));
  }
  const std::size_t listed = list.size();
  http::Response response = json_response(
      json::object{{"schemaVersion", 2}, {"mediaType", kOciIndex}, {"manifests", std::move(list)}}, kOciIndex);
  if (!type.empty()) response.headers.add("OCI-Filters-Applied", "artifactType");
  if (found->size() > listed && listed > 0) {
    const std::string path = "/v2/" + call.route.repository + "/referrers/" + subject->text();
    const std::string filter = type.empty() ? "" : "&artifactType=" + query_encoded(type);
    response.headers.add("Link", next_page(path, most, (*found)[listed - 1].digest.text(), filter));
  }
  co_return response;
}

}  // namespace cumulet::oci
