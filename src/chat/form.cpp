#include "chat/form.hpp"

#include <charconv>

#include "base/encoding.hpp"
#include "chat/errors.hpp"
#include "chat/multipart.hpp"

namespace cumulet::chat {
namespace {

constexpr std::size_t kMultipartOverhead = 1u << 20;  // headers and fields beside the files

std::string_view media_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type;
}

awaitable<Result<std::string>> read_text(http::BodyStream& body, std::size_t limit) {
  std::string text;
  while (true) {
    Result<std::string_view> piece = co_await body.read();
    if (!piece.ok()) co_return bad_request("the request body could not be read");
    if (piece->empty()) break;
    if (text.size() + piece->size() > limit) co_return too_large();
    text += *piece;
  }
  co_return text;
}

Result<void> add_json(std::string_view text, Form::Fields& fields) {
  if (text.empty()) return {};
  Result<json::value> parsed = json::parse(text);
  if (!parsed.ok() || !parsed->is_object()) return bad_request("can't parse JSON object");
  for (const auto& [name, value] : parsed->get_object()) {
    if (value.is_null()) continue;
    fields[std::string(name)] = value.is_string() ? std::string(value.get_string()) : json::text(value);
  }
  return {};
}

// Parts of one form, taken in one after another.
struct FormReader {
  Form& form;
  const FormLimits& limits;
  storage::BlobStore& blobs;
  boost::asio::any_io_executor pool;
  MultipartParser parser;
  std::size_t parts = 0, field_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::string* field = nullptr;  // the part being read: one of these
  Upload* upload = nullptr;

  Result<void> begin_part() {
    if (++parts > limits.parts) return bad_request("too many fields in the request");
    field = nullptr;
    upload = nullptr;
    field_bytes += parser.name().size();
    if (!is_valid_utf8(parser.name()) || !is_valid_utf8(parser.file_name()))
      return bad_request("strings must be encoded in UTF-8");
    if (!parser.is_file()) {
      field = &form.fields[parser.name()];
      field->clear();
      return {};
    }
    auto& slot = form.files[parser.name()];
    slot = std::make_unique<Upload>(blobs, pool, limits.body_bytes);
    slot->file_name = parser.file_name();
    slot->content_type = parser.content_type();
    upload = slot.get();
    return {};
  }

  awaitable<Result<void>> take(std::string_view data) {
    if (field != nullptr) {
      field_bytes += data.size();
      if (field_bytes > limits.field_bytes) co_return too_large();
      field->append(data);
      co_return Result<void>{};
    }
    file_bytes += data.size();
    if (file_bytes > limits.body_bytes) co_return too_large();
    co_return co_await upload->append(data);
  }

  // All that is in what was fed. True: the form has ended.
  awaitable<Result<bool>> drain() {
    using Event = MultipartParser::Event;
    while (true) {
      switch (parser.next()) {
        case Event::need_more: co_return false;
        case Event::end: co_return true;
        case Event::failed: co_return bad_request("can't parse multipart form: " + std::string(parser.reason()));
        case Event::part_end: break;
        case Event::part: {
          Result<void> begun = begin_part();
          if (!begun.ok()) co_return std::move(begun).error();
          break;
        }
        case Event::data: {
          Result<void> taken = co_await take(parser.data());
          if (!taken.ok()) co_return std::move(taken).error();
          break;
        }
      }
    }
  }
};

awaitable<Result<void>> read_multipart(http::BodyStream& body, std::string boundary, Form& form,
                                       const FormLimits& limits, storage::BlobStore& blobs,
                                       boost::asio::any_io_executor pool) {
  FormReader reader{form, limits, blobs, std::move(pool), MultipartParser(boundary)};
  bool has_ended = false;
  while (true) {
    Result<std::string_view> piece = co_await body.read();
    if (!piece.ok()) co_return bad_request("the request body could not be read");
    if (piece->empty()) break;
    if (has_ended) continue;
    reader.parser.feed(*piece);
    Result<bool> drained = co_await reader.drain();
    if (!drained.ok()) co_return std::move(drained).error();
    has_ended = *drained;
  }
  if (!has_ended) co_return bad_request("can't parse multipart form: it has no end");
  co_return Result<void>{};
}

}  // namespace

std::string_view Form::get(std::string_view name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string_view{} : std::string_view(found->second);
}

std::optional<std::int64_t> Form::integer(std::string_view name) const {
  const std::string_view text = get(name);
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{}) return std::nullopt;
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (rest.size() > 1 && rest[0] == '.' && rest.find_first_not_of('0', 1) == rest.npos) rest = {};
  if (!rest.empty()) return std::nullopt;
  return value;
}

bool Form::is_true(std::string_view name) const {
  const std::string_view text = get(name);
  return iequals(text, "true") || iequals(text, "yes") || text == "1";
}

json::value Form::parsed(std::string_view name) const {
  const std::string_view text = get(name);
  if (text.empty()) return {};
  Result<json::value> value = json::parse(text);
  return value.ok() ? std::move(value).value() : json::value{};
}

Upload* Form::file(std::string_view name) const {
  const auto found = files.find(name);
  return found == files.end() ? nullptr : found->second.get();
}

bool add_pairs(std::string_view text, Form::Fields& fields) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), Plus::space);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), Plus::space);
    if (!name || !value) return false;
    fields[*name] = std::move(*value);
  }
  return true;
}

awaitable<Result<Form>> read_form(const http::RequestHead& head, http::BodyStream& body, FormLimits limits,
                                  storage::BlobStore& blobs, boost::asio::any_io_executor pool) {
  Form form;
  if (!add_pairs(head.raw_query(), form.fields)) co_return bad_request("can't parse the query string");
  const std::string content_type(head.headers.get_or("Content-Type", ""));
  const std::string_view type = media_type(content_type);
  if (head.content_length.value_or(0) > limits.body_bytes + kMultipartOverhead) co_return too_large();
  if (iequals(type, "multipart/form-data")) {
    std::string boundary = boundary_of(content_type);
    if (boundary.empty()) co_return bad_request("boundary of the multipart form is missing");
    Result<void> read = co_await read_multipart(body, std::move(boundary), form, limits, blobs, std::move(pool));
    if (!read.ok()) co_return std::move(read).error();
  } else {
    Result<std::string> text = co_await read_text(body, limits.field_bytes);
    if (!text.ok()) co_return std::move(text).error();
    if (iequals(type, "application/json")) {
      Result<void> added = add_json(*text, form.fields);
      if (!added.ok()) co_return std::move(added).error();
    } else if (iequals(type, "application/x-www-form-urlencoded")) {
      if (!add_pairs(*text, form.fields)) co_return bad_request("can't parse the form");
    }
  }
  for (const auto& [name, value] : form.fields)
    if (!is_valid_utf8(name) || !is_valid_utf8(value)) co_return bad_request("strings must be encoded in UTF-8");
  co_return form;
}

}  // namespace cumulet::chat
