#include "server/image_adapter.hpp"

#include <boost/asio/ip/address.hpp>

#include "base/arn.hpp"
#include "oci/errors.hpp"
#include "oci/names.hpp"
#include "server/data_folder.hpp"
#include "services/lambda/errors.hpp"
#include "storage/database.hpp"

namespace cumulet::server {
namespace {

using oci::Digest;

constexpr std::string_view kOwn = "an image of this engine's registry is meant: 127.0.0.1:4566/NAME:TAG, NAME@DIGEST";

std::string code_id(const Digest& image) { return std::string(lambda::kImageCode) + std::string(image.hex()); }

std::optional<Digest> digest_of(std::string_view code_id) {
  return Digest::parse("sha256:" + std::string(code_id.substr(lambda::kImageCode.size())));
}

// Go's names of processors, which images have, and Lambda's.
std::string_view go_name(std::string_view architecture) { return architecture == "x86_64" ? "amd64" : architecture; }
std::string lambda_name(const std::string& architecture) { return architecture == "amd64" ? "x86_64" : architecture; }

// Whether it may be a name of this engine, by whatever way it is reached; registries elsewhere have names of their own.
bool is_nearby(std::string_view host) {
  const auto colon = host.rfind(':');
  const bool has_port =
      colon != host.npos && colon + 1 < host.size() && host.find_first_not_of("0123456789", colon + 1) == host.npos;
  if (has_port) return true;
  boost::system::error_code ec;
  boost::asio::ip::make_address(std::string(host), ec);
  return !ec || host == "localhost";
}

bool is_not_there(const Error& error) {
  return error.is(oci::kNameUnknown) || error.is(oci::kManifestUnknown) || error.is(oci::kBlobUnknown);
}

std::string remedy() {
  return "it is an index of images, which `docker build` makes by default: build one image with --platform "
         "linux/amd64 --provenance=false, as `cumulet ecr build` does, or let the engine choose from indexes, which "
         "AWS does not: cumulet up --image-index accept";
}

// In Lambda's words.
Error worded(const std::string& uri, const Error& error) {
  if (is_not_there(error)) return lambda::image_not_found(uri);
  if (error.is(oci::kIndexRefused)) return lambda::image_type_not_supported(uri, remedy());
  if (error.is(oci::kMediaTypeUnknown)) return lambda::image_type_not_supported(uri, error.message());
  if (error.is(oci::kTooManyAtOnce)) return lambda::user_error(lambda::kTooManyRequests, error.message());
  if (error.is(archive::kDiskFull))
    return Error{storage::kStorageFull, "unpacking the function's image: the disk is full"};
  if (error.is(archive::kCannotWrite)) return Error{lambda::kServiceException, error.message()};
  return lambda::image_not_valid(uri, error.message());
}

}  // namespace

FunctionImages::FunctionImages(oci::Registry& registry, const Ground& ground,
                               std::function<bool(const std::string&)> is_named)
    : registry_(registry),
      indexes_(ground.config.image_index == ImageIndex::accept ? oci::Indexes::resolved : oci::Indexes::refused),
      trees_(registry, ground.data / kRegistryTrees,
             ground.config.is_ephemeral ? archive::Sync::none : archive::Sync::to_disk) {
  trees_.set_is_named([is_named = std::move(is_named)](const Digest& image) { return is_named(code_id(image)); });
}

Result<FunctionImages::Place> FunctionImages::place_of(std::string_view region, const std::string& uri) const {
  const auto name = oci::parse_image_name(uri);
  if (!name) return lambda::image_not_valid(uri, {});
  // AWS, too, takes no name that leaves the tag out.
  const bool says_which = uri.find('@') != uri.npos || uri.rfind(':') > uri.find('/');
  if (!says_which || uri.rfind(':') == uri.npos) return lambda::image_not_valid(uri, "it names no tag and no digest");
  if (name->region) {
    if (*name->region != region)
      return lambda::image_not_valid(uri, "the image must be in the function's region, " + std::string(region));
    if (name->account != kAccountId) return lambda::image_not_found(uri);
  } else if (!is_nearby(name->host)) {
    return lambda::image_not_valid(uri, kOwn);
  }
  return Place{std::string(region), name->repository,
               name->digest.empty() ? name->tag : std::string(name->digest.text())};
}

Result<FunctionImages::Taken> FunctionImages::take(std::string_view region, const std::string& uri,
                                                   const std::string& architecture) {
  CUMULET_TRY(const Place place, place_of(region, uri));
  const auto image =
      oci::find_image(registry_, place.region, place.repository, place.reference, indexes_, go_name(architecture));
  if (!image.ok()) return worded(uri, image.error());
  auto hold = trees_.make(place.region, place.repository, *image);
  if (!hold.ok()) return worded(uri, hold.error());
  Taken taken;
  taken.hold = std::move(*hold);
  taken.code_id = code_id(image->digest);
  taken.sha256 = std::string(image->digest.hex());
  const oci::ImageConfig& config = image->config;
  taken.image.image_uri = uri;
  taken.image.resolved_uri = uri.substr(0, uri.find('/') + 1) + place.repository + '@' + image->digest.text();
  taken.image.architecture = lambda_name(config.platform.architecture);
  taken.image.entry_point = config.entrypoint;
  taken.image.command = config.command;
  taken.image.environment = config.environment;
  taken.image.working_directory = config.working_folder;
  return taken;
}

Result<FunctionImages::Root> FunctionImages::root(std::string_view region, const lambda::FunctionImage& image) {
  CUMULET_TRY(const Place place, place_of(region, image.resolved_uri));
  const auto digest = Digest::parse(place.reference);
  if (!digest) return lambda::image_not_valid(image.resolved_uri, {});
  if (Hold hold = trees_.hold(*digest)) return Root{trees_.root(*digest), std::move(hold)};
  // Lost with the machine's power, or by somebody's hand.
  const auto found = oci::find_image(registry_, place.region, place.repository, place.reference, oci::Indexes::refused,
                                     go_name(image.architecture));
  if (!found.ok()) return worded(image.resolved_uri, found.error());
  auto hold = trees_.make(place.region, place.repository, *found);
  if (!hold.ok()) return worded(image.resolved_uri, hold.error());
  return Root{trees_.root(*digest), std::move(*hold)};
}

Result<void> FunctionImages::keep(const std::set<std::string>& code_ids) {
  std::set<Digest> named;
  for (const std::string& id : code_ids)
    if (const auto digest = digest_of(id)) named.insert(*digest);
  return trees_.load(named);
}

void FunctionImages::drop(const std::string& code_id) {
  if (const auto digest = digest_of(code_id)) trees_.drop(*digest);
}

}  // namespace cumulet::server
