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

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE lambda_function("
    " region TEXT, name TEXT, function TEXT NOT NULL, PRIMARY KEY(region, name)) WITHOUT ROWID"};

std::string text_of(const Function& function) {
  std::string out;
  wire::write_json(out, wire::shape_of<Function>(), &function, wire::Members::all);
  return out;
}

Result<FunctionRef> read_function(std::string_view text) {
  auto function = std::make_shared<Function>();
  wire::Violations violations;
  CUMULET_CHECK(wire::read_json(text, wire::shape_of<Function>(), function.get(), wire::Members::all, violations));
  return FunctionRef(std::move(function));
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
    auto rows = connection.prepare("SELECT function FROM lambda_function");
    while (rows.step()) {
      CUMULET_TRY(FunctionRef function, read_function(rows.text(0)));
      const Key key{function->region, function->name};
      functions_.insert_or_assign(key, std::move(function));
    }
    return {};
  }));

  std::set<std::string, std::less<>> named;
  for (const auto& [key, function] : functions_) named.insert(function->code_id);
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
    auto rows = connection.prepare("SELECT name, function FROM lambda_function");
    while (rows.step()) {
      const auto function = read_function(rows.text(1));
      if (!function.ok()) {
        scrub.damaged("the row of function " + rows.string(0) + " is damaged",
                      "delete the function and create it again");
        continue;
      }
      const auto zip = read_file(folder / "packages" / (*function)->code_id);
      if (!zip.ok() || base64_encode(sha256(*zip)) != (*function)->configuration.code_sha256)
        scrub.damaged("the package of function " + rows.string(0) + " is damaged or missing", kAdvice);
      scrub.checked(zip.ok() ? zip->size() : 0);
    }
    scrub_events(connection, scrub);
    return {};
  });
}

}  // namespace cumulet::lambda
