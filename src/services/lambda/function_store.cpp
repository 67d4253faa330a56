#include "services/lambda/function_store.hpp"

#include <array>
#include <fstream>
#include <mutex>
#include <set>

#include "aws/wire/json_codec.hpp"
#include "base/encoding.hpp"
#include "base/folder_removal.hpp"
#include "base/log.hpp"
#include "services/lambda/async_invocations.hpp"
#include "services/lambda/code_package.hpp"
#include "services/lambda/errors.hpp"

namespace cumulet::lambda {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 3> kMigrations{
    "CREATE TABLE lambda_function("
    " region TEXT, name TEXT, function TEXT NOT NULL, PRIMARY KEY(region, name)) WITHOUT ROWID",
    "CREATE TABLE lambda_version("
    " region TEXT, name TEXT, number INTEGER, version TEXT NOT NULL, PRIMARY KEY(region, name, number)) WITHOUT ROWID",
    // A function was its newest version; what was set on it is set on a qualifier now.
    "UPDATE lambda_function SET function = json_remove(json_set(function,"
    " '$.Latest', json_object('Region', region, 'Configuration', json_extract(function, '$.Configuration'),"
    "   'CodeId', json_extract(function, '$.CodeId'), 'Generation', json_extract(function, '$.Generation')),"
    " '$.EventInvokeConfigs', CASE WHEN json_type(function, '$.EventInvokeConfig') = 'object'"
    "   THEN json_object('$LATEST', json_extract(function, '$.EventInvokeConfig')) ELSE json('{}') END,"
    " '$.Permissions', CASE WHEN json_array_length(function, '$.Permissions') > 0"
    "   THEN json_object('$LATEST', json_extract(function, '$.Permissions')) ELSE json('{}') END),"
    " '$.Configuration', '$.CodeId', '$.Generation', '$.EventInvokeConfig')"};

template <class T>
std::string text_of(const T& stored) {
  std::string out;
  wire::write_json(out, wire::shape_of<T>(), &stored, wire::Members::all);
  return out;
}

template <class T>
Result<std::shared_ptr<T>> read_stored(std::string_view text) {
  auto stored = std::make_shared<T>();
  wire::Violations violations;
  CUMULET_CHECK(wire::read_json(text, wire::shape_of<T>(), stored.get(), wire::Members::all, violations));
  return stored;
}

// The rows of published versions: they come and go, and never change.
void write_versions(storage::Transaction& tx, const FunctionRef& before, const FunctionRef& after) {
  if (before)
    for (const auto& [number, version] : before->published)
      if (!after || !after->published.contains(number))
        tx.run("DELETE FROM lambda_version WHERE region = ?1 AND name = ?2 AND number = ?3", before->region,
               before->name, number);
  if (after)
    for (const auto& [number, version] : after->published)
      if (!before || !before->published.contains(number))
        tx.run("INSERT INTO lambda_version(region, name, number, version) VALUES(?1, ?2, ?3, ?4)", after->region,
               after->name, number, text_of(*version));
}

Result<std::string> read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in) return Error{kServiceException, "cannot read " + file.string()};
  return bytes;
}

}  // namespace

FunctionStore::FunctionStore(storage::Database& database, fs::path folder, bool durable, storage::Orphans orphans)
    : database_(database), folder_(std::move(folder)), durable_(durable), orphans_(orphans) {}

Result<void> FunctionStore::load() {
  CUMULET_CHECK(database_.migrate("lambda", kMigrations));
  CUMULET_TRY(packages_, storage::BlobStore::open(folder_ / "packages", durable_, orphans_));
  std::error_code error;
  fs::create_directories(folder_ / "code", error);
  if (error) return Error{kServiceException, "cannot create " + (folder_ / "code").string() + ": " + error.message()};

  CUMULET_CHECK(database_.read([this](storage::Connection& connection) -> Result<void> {
    std::map<Key, std::shared_ptr<Function>> functions;
    auto rows = connection.prepare("SELECT function FROM lambda_function");
    while (rows.step()) {
      CUMULET_TRY(std::shared_ptr<Function> function, read_stored<Function>(rows.text(0)));
      functions[{function->region, function->name}] = std::move(function);
    }
    auto versions = connection.prepare("SELECT region, name, number, version FROM lambda_version");
    while (versions.step()) {
      CUMULET_TRY(VersionRef version, read_stored<FunctionVersion>(versions.text(3)));
      const auto function = functions.find({versions.string(0), versions.string(1)});
      if (function != functions.end()) function->second->published[versions.integer(2)] = std::move(version);
    }
    functions_.insert(functions.begin(), functions.end());
    return {};
  }));

  std::set<std::string, std::less<>> named;
  for (const auto& [key, function] : functions_)
    for (const auto& id : function->code_ids()) named.insert(id);
  packages_->sweep([&](std::string_view id) { return named.contains(id); });
  for (const auto& entry : fs::directory_iterator(folder_ / "code", error))
    if (!named.contains(entry.path().filename().string())) remove_folder(entry.path());
  for (const auto& id : named) {
    if (fs::exists(code_folder(id), error)) continue;
    // One function's damaged package must not keep the engine from starting.
    const auto zip = read_file(package_file(id));
    const auto unpacked = zip.ok() ? unpack_zip(*zip, code_folder(id)) : Result<void>(zip.error());
    if (!unpacked.ok()) log::error("the code {} of a function cannot be unpacked: {}", id, unpacked.error().message());
  }
  return {};
}

FunctionRef FunctionStore::find(std::string_view region, std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto found = functions_.find(Key(region, name));
  return found == functions_.end() ? nullptr : found->second;
}

std::vector<FunctionRef> FunctionStore::list(std::string_view region) const {
  std::vector<FunctionRef> out;
  std::shared_lock lock(mutex_);
  for (auto at = functions_.lower_bound(Key(region, "")); at != functions_.end() && at->first.first == region; ++at)
    out.push_back(at->second);
  return out;
}

Result<std::string> FunctionStore::add_code(std::string_view zip) {
  CUMULET_TRY(auto writer, packages_->create());
  CUMULET_CHECK(writer->append(zip));
  CUMULET_TRY(std::string id, writer->publish());
  if (auto unpacked = unpack_zip(zip, code_folder(id)); !unpacked.ok()) {
    packages_->remove(id);
    return std::move(unpacked).error();
  }
  return id;
}

void FunctionStore::drop_code(const std::string& code_id) {
  remove_folder(code_folder(code_id));
  packages_->remove(code_id);
}

fs::path FunctionStore::code_folder(const std::string& code_id) const { return folder_ / "code" / code_id; }
fs::path FunctionStore::package_file(const std::string& code_id) const { return packages_->path_of(code_id); }

Result<FunctionRef> FunctionStore::change(const std::string& region, const std::string& name, const Change& change) {
  std::lock_guard one_at_a_time(changing_);
  const FunctionRef before = find(region, name);
  CUMULET_TRY(FunctionRef after, change(before));
  CUMULET_CHECK(database_.write_blocking(
      [&](storage::Transaction& tx) -> Result<void> {
        if (after)
          tx.run(
              "INSERT INTO lambda_function(region, name, function) VALUES(?1, ?2, ?3)"
              " ON CONFLICT DO UPDATE SET function = excluded.function",
              region, name, text_of(*after));
        else
          tx.run("DELETE FROM lambda_function WHERE region = ?1 AND name = ?2", region, name);
        write_versions(tx, before, after);
        return {};
      },
      after ? storage::Room::ordinary : storage::Room::reserved));
  {
    std::unique_lock lock(mutex_);
    if (after)
      functions_.insert_or_assign(Key(region, name), after);
    else
      functions_.erase(Key(region, name));
  }
  for (const auto& listener : listeners_) listener(before, after);
  return after;
}

Result<void> scrub(storage::Database& database, const fs::path& folder, storage::Scrub& scrub) {
  constexpr std::string_view kAdvice = "update the function's code";
  return database.read([&](storage::Connection& connection) -> Result<void> {
    const auto look = [&](const std::string& name, const FunctionVersion& version) {
      const auto zip = read_file(folder / "packages" / version.code_id);
      if (!zip.ok() || base64_encode(sha256(*zip)) != version.configuration.code_sha256)
        scrub.damaged("the package of function " + name + " is damaged or missing", kAdvice);
      scrub.checked(zip.ok() ? zip->size() : 0);
    };
    auto rows = connection.prepare("SELECT name, function FROM lambda_function");
    while (rows.step()) {
      const auto function = read_stored<Function>(rows.text(1));
      if (function.ok())
        look(rows.string(0), (*function)->latest);
      else
        scrub.damaged("the row of function " + rows.string(0) + " is damaged",
                      "delete the function and create it again");
    }
    auto versions = connection.prepare("SELECT name, number, version FROM lambda_version");
    while (versions.step()) {
      const std::string name = versions.string(0) + ':' + std::to_string(versions.integer(1));
      const auto version = read_stored<FunctionVersion>(versions.text(2));
      if (version.ok())
        look(name, **version);
      else
        scrub.damaged("the row of function " + name + " is damaged", "delete the version and publish it again");
    }
    scrub_events(connection, scrub);
    return {};
  });
}

}  // namespace cumulet::lambda
