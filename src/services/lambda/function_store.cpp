#include "services/lambda/function_store.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <set>

#include "aws/wire/json_codec.hpp"
#include "base/encoding.hpp"
#include "base/folder_removal.hpp"
#include "base/log.hpp"
#include "services/lambda/async_invocations.hpp"
#include "services/lambda/code_package.hpp"
#include "services/lambda/errors.hpp"
#include "services/lambda/layers.hpp"
#include "services/lambda/package_source.hpp"

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

// Files become hard links: packages are never written to. What is in the way of another kind goes.
void lay_over(const fs::path& from, const fs::path& to, std::error_code& error) {
  fs::permissions(to, fs::perms(0755), error);  // the function's user is not the engine's
  for (fs::directory_iterator at(from, error), end; !error && at != end; at.increment(error)) {
    const fs::path target = to / at->path().filename();
    const fs::file_status there = fs::symlink_status(target);
    const bool is_folder = at->symlink_status().type() == fs::file_type::directory;
    if (is_folder && there.type() == fs::file_type::directory) {
      lay_over(at->path(), target, error);
      continue;
    }
    if (there.type() == fs::file_type::directory)
      remove_folder(target);
    else
      fs::remove(target, error);
    if (is_folder) {
      fs::create_directory(target, error);
      if (!error) lay_over(at->path(), target, error);
    } else if (at->is_symlink()) {
      fs::copy_symlink(at->path(), target, error);
    } else {
      fs::create_hard_link(at->path(), target, error);
    }
    if (error) return;
  }
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

}  // namespace

FunctionStore::FunctionStore(storage::Database& database, fs::path folder, bool durable, storage::Orphans orphans)
    : database_(database), folder_(std::move(folder)), durable_(durable), orphans_(orphans) {}

Result<void> FunctionStore::load(const std::set<std::string>& also_named) {
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

  std::set<std::string, std::less<>> named(also_named.begin(), also_named.end());
  remove_folder(folder_ / "layered");  // links alone
  for (const auto& [key, function] : functions_)
    for (const auto& id : function->code_ids()) named.insert(id);
  packages_->sweep([&](std::string_view id) { return named.contains(id); });
  for (const auto& entry : fs::directory_iterator(folder_ / "code", error))
    if (!named.contains(entry.path().filename().string())) remove_folder(entry.path());
  std::set<std::string> images;
  for (const auto& id : named)
    if (is_image_code(id)) images.insert(id);
  if (images_) CUMULET_CHECK(images_->keep(images));
  for (const auto& id : named) {
    if (is_image_code(id) || fs::exists(code_folder(id), error)) continue;
    // One function's damaged package must not keep the engine from starting.
    const auto zip = read_package_file(package_file(id));
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

std::vector<FunctionRef> FunctionStore::everything() const {
  std::vector<FunctionRef> out;
  std::shared_lock lock(mutex_);
  for (const auto& [key, function] : functions_) out.push_back(function);
  return out;
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
  if (is_image_code(code_id)) {
    if (images_) images_->drop(code_id);
    return;
  }
  {
    std::lock_guard lock(layering_);
    std::error_code error;
    std::vector<fs::path> made_of_it;
    for (const auto& entry : fs::directory_iterator(folder_ / "layered", error))
      if (entry.path().filename().string().find(code_id) != std::string::npos) made_of_it.push_back(entry.path());
    for (const auto& folder : made_of_it) remove_folder(folder);
  }
  remove_folder(code_folder(code_id));
  packages_->remove(code_id);
}

std::uint64_t FunctionStore::unpacked_bytes(const std::string& code_id) const {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(code_folder(code_id), error), end; !error && at != end;
       at.increment(error)) {
    std::error_code none;
    if (at->is_regular_file(none) && !at->is_symlink(none)) bytes += at->file_size(none);
  }
  return bytes;
}

bool FunctionStore::names_code(const std::string& code_id) const {
  std::shared_lock lock(mutex_);
  return std::any_of(functions_.begin(), functions_.end(),
                     [&](const auto& item) { return item.second->code_ids().contains(code_id); });
}

Result<fs::path> FunctionStore::layered(const std::vector<std::string>& code_ids) {
  if (code_ids.empty()) return fs::path();
  if (code_ids.size() == 1) return code_folder(code_ids.front());
  std::string name;
  for (const auto& id : code_ids) (name += name.empty() ? "" : "-") += id;
  std::lock_guard lock(layering_);
  const fs::path to = folder_ / "layered" / name;
  std::error_code error;
  if (fs::exists(to, error)) return to;
  const fs::path staging = folder_ / "layered" / ".making";
  remove_folder(staging);
  fs::create_directories(staging, error);
  for (const auto& id : code_ids)
    if (!error) lay_over(code_folder(id), staging, error);
  if (!error) fs::rename(staging, to, error);
  if (error) return Error{kServiceException, "cannot lay layers over each other: " + error.message()};
  return to;
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
      if (version.image) return;  // its layers are the registry's
      const std::uint64_t bytes =
          whole_package_bytes(folder / "packages" / version.code_id, version.configuration.code_sha256);
      if (bytes == 0) scrub.damaged("the package of function " + name + " is damaged or missing", kAdvice);
      scrub.checked(bytes);
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
    scrub_layers(connection, folder / "packages", scrub);
    scrub_events(connection, scrub);
    return {};
  });
}

}  // namespace cumulet::lambda
