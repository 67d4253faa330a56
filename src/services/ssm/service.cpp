#include "services/ssm/service.hpp"

#include <algorithm>

#include "aws/wire/constraints.hpp"
#include "base/arn.hpp"

namespace cumulet::ssm {
namespace {

constexpr std::size_t kMostBytes = 4'096;  // of a standard parameter
constexpr std::size_t kMostAdvancedBytes = 8'192;
constexpr std::int64_t kMostParameters = 10'000;  // of a region
constexpr std::size_t kMostLevels = 15;
constexpr int kAPage = 10;
constexpr std::string_view kColumns = "SELECT name, type, value, version, modified, data_type FROM ssm_parameter ";

std::string arn_of(std::string_view region, std::string_view name) {
  return "arn:aws:ssm:" + std::string(region) + ":" + std::string(kAccountId) + ":parameter" +
         (name.starts_with('/') ? "" : "/") + std::string(name);
}

Parameter read(storage::Statement& row, std::string_view region) {
  Parameter out;
  out.name = row.string(0);
  out.type = row.string(1);
  out.value = row.string(2);
  out.version = row.integer(3);
  out.last_modified_date = from_millis(row.integer(4));
  out.data_type = row.string(5);
  out.arn = arn_of(region, out.name);
  return out;
}

Result<void> check_name(std::string_view name) {
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == '/';
  });
  if (!is_plain)
    return Error{kValidationException,
                 "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can "
                 "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, "
                 "numbers and the following 3 symbols .-_"};
  if (name.find('/', 1) != std::string_view::npos && !name.starts_with('/'))
    return Error{kValidationException, "Parameter name must be a fully qualified name."};
  if (name.size() > 1011 || static_cast<std::size_t>(std::ranges::count(name, '/')) > kMostLevels)
    return Error{kValidationException, "Parameter name is too long, or has more than 15 levels."};
  return {};
}

Error not_found() { return Error{kParameterNotFound, ""}; }

}  // namespace

Result<void> Ssm::load() {
  return database_.migrate("ssm", {"CREATE TABLE ssm_parameter("
                                   " region TEXT, name TEXT, type TEXT NOT NULL, value TEXT NOT NULL,"
                                   " version INTEGER NOT NULL, modified INTEGER NOT NULL, data_type TEXT NOT NULL,"
                                   " description TEXT, pattern TEXT, PRIMARY KEY(region, name)) WITHOUT ROWID;"});
}

Result<PutParameterResult> Ssm::put_parameter(const wire::CallContext& context, const PutParameterRequest& request) {
  CUMULET_CHECK(check_name(request.name));
  const bool is_advanced = request.tier && *request.tier != "Standard";
  if (request.value.empty())
    return Error{kValidationException,
                 "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have "
                 "length greater than or equal to 1"};
  if (request.value.size() > (is_advanced ? kMostAdvancedBytes : kMostBytes))
    return Error{kValidationException, is_advanced ? "Parameter value can't exceed 8192 characters."
                                                   : "Standard tier parameters support a maximum parameter value of "
                                                     "4096 characters. To create a larger parameter value, upgrade the "
                                                     "parameter to use the advanced-parameter tier."};
  if (request.allowed_pattern && !request.allowed_pattern->empty() &&
      !wire::matches_pattern(*request.allowed_pattern, request.value))
    return Error{kParameterPatternMismatch,
                 "Parameter value, cannot be validated against allowedPattern: " + *request.allowed_pattern};
  PutParameterResult out;
  out.tier = is_advanced ? "Advanced" : "Standard";
  const std::int64_t now = to_millis(clock_.now());
  CUMULET_CHECK(database_.write_blocking([&](storage::Transaction& tx) -> Result<void> {
    std::string type = request.type.value_or("");
    std::int64_t version = 0;
    {
      auto row = tx.prepare("SELECT type, version FROM ssm_parameter WHERE region = ?1 AND name = ?2");
      row.bind_all(context.region, request.name);
      if (row.step()) {
        if (type.empty()) type = row.string(0);
        version = row.integer(1);
      }
    }
    if (version > 0 && !request.overwrite.value_or(false))
      return Error{kParameterAlreadyExists,
                   "The parameter already exists. To overwrite this value, set the overwrite option in the request to "
                   "true."};
    if (type.empty()) return Error{kValidationException, "A parameter type is required when you create a parameter."};
    if (version == 0) {
      auto count = tx.prepare("SELECT count(*) FROM ssm_parameter WHERE region = ?1");
      count.bind(context.region);
      if (count.step() && count.integer(0) >= kMostParameters)
        return Error{kParameterLimitExceeded, "You have exceeded the number of parameters for this account."};
    }
    out.version = version + 1;
    tx.run(
        "INSERT INTO ssm_parameter(region, name, type, value, version, modified, data_type, description, pattern)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(region, name) DO UPDATE SET type = excluded.type,"
        " value = excluded.value, version = excluded.version, modified = excluded.modified,"
        " data_type = excluded.data_type, description = excluded.description, pattern = excluded.pattern",
        context.region, request.name, type, request.value, out.version, now, request.data_type.value_or("text"),
        request.description, request.allowed_pattern);
    return {};
  }));
  return out;
}

Result<std::optional<Parameter>> Ssm::find(const std::string& region, const std::string& name_or_arn) {
  std::string name = name_or_arn;
  if (const auto arn = Arn::parse(name)) {
    name = arn->resource.starts_with("parameter") ? arn->resource.substr(9) : arn->resource;
  }
  return database_.read_value<std::optional<Parameter>>([&](storage::Connection& connection) {
    auto rows = connection.prepare(std::string(kColumns) + "WHERE region = ?1 AND name = ?2");
    rows.bind_all(region, name);
    std::optional<Parameter> out;
    if (rows.step()) out = read(rows, region);
    return Result<std::optional<Parameter>>(std::move(out));
  });
}

Result<GetParameterResult> Ssm::get_parameter(const wire::CallContext& context, const GetParameterRequest& request) {
  // NAME:VERSION; of an ARN the colons are its own.
  std::string name = request.name;
  std::optional<std::string> selector;
  if (const auto colon = name.rfind(':'); colon != std::string::npos && !name.starts_with("arn:")) {
    selector = name.substr(colon);
    name.resize(colon);
  }
  CUMULET_TRY(auto found, find(context.region, name));
  if (!found) return not_found();
  if (selector && *selector != ":" + std::to_string(found->version))
    return Error{kParameterVersionNotFound, "Systems Manager could not find version " + selector->substr(1) + " of " +
                                                name + ". Verify the version and try again."};
  found->selector = selector;
  return GetParameterResult{std::move(*found)};
}

Result<GetParametersResult> Ssm::get_parameters(const wire::CallContext& context, const GetParametersRequest& request) {
  GetParametersResult out;
  for (const std::string& name : request.names) {
    CUMULET_TRY(auto found, find(context.region, name));
    if (found)
      out.parameters.push_back(std::move(*found));
    else
      out.invalid_parameters.push_back(name);
  }
  return out;
}

Result<GetParametersByPathResult> Ssm::get_parameters_by_path(const wire::CallContext& context,
                                                              const GetParametersByPathRequest& request) {
  if (!request.path.starts_with('/'))
    return Error{kValidationException,
                 "The parameter doesn't meet the parameter name requirements. The parameter name "
                 "must begin with a forward slash \"/\"."};
  const std::string below = request.path.ends_with('/') ? request.path : request.path + '/';
  const auto most = static_cast<std::size_t>(request.max_results.value_or(kAPage));
  return database_.read_value<GetParametersByPathResult>([&](storage::Connection& connection) {
    // '0' is the character after '/'.
    const std::string end = below.substr(0, below.size() - 1) + '0';
    auto rows =
        connection.prepare(std::string(kColumns) + "WHERE region = ?1 AND name > ?2 AND name < ?3 ORDER BY name");
    rows.bind_all(context.region, std::max(below, request.next_token.value_or("")), end);
    GetParametersByPathResult out;
    while (rows.step()) {
      const std::string_view rest = rows.text(0).substr(below.size());
      if (!request.recursive.value_or(false) && rest.find('/') != std::string_view::npos) continue;
      if (out.parameters.size() == most) {
        out.next_token = out.parameters.back().name;
        break;
      }
      out.parameters.push_back(read(rows, context.region));
    }
    return Result<GetParametersByPathResult>(std::move(out));
  });
}

Result<bool> Ssm::forget(const std::string& region, const std::string& name) {
  return database_.write_value_blocking<bool>(
      [&](storage::Transaction& tx) -> Result<bool> {
        tx.run("DELETE FROM ssm_parameter WHERE region = ?1 AND name = ?2", region, name);
        return tx.changes() > 0;
      },
      storage::Room::reserved);
}

Result<wire::Empty> Ssm::delete_parameter(const wire::CallContext& context, const DeleteParameterRequest& request) {
  CUMULET_TRY(const bool was_there, forget(context.region, request.name));
  if (!was_there) return not_found();
  return wire::Empty{};
}

Result<DeleteParametersResult> Ssm::delete_parameters(const wire::CallContext& context,
                                                      const DeleteParametersRequest& request) {
  DeleteParametersResult out;
  for (const std::string& name : request.names) {
    CUMULET_TRY(const bool was_there, forget(context.region, name));
    (was_there ? out.deleted_parameters : out.invalid_parameters).push_back(name);
  }
  return out;
}

}  // namespace cumulet::ssm
