#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "base/encoding.hpp"
#include "chat/reply_markup.hpp"
#include "fuzz/fuzz.hpp"
#include "storage/blob_store.hpp"
#include "storage/state_folder.hpp"

using namespace cumulet;
using namespace cumulet::chat;

// What a start does with blobs that no row names; nothing here starts.
Result<std::filesystem::path> storage::make_aside_folder(const std::filesystem::path&) { std::abort(); }

namespace {

class Pieces final : public http::BodyStream {
 public:
  Pieces(std::string_view bytes, std::size_t step) : left_(bytes), step_(step) {}
  awaitable<Result<std::string_view>> read() override {
    const std::string_view piece = left_.substr(0, step_);
    left_.remove_prefix(piece.size());
    co_return piece;
  }

 private:
  std::string_view left_;
  std::size_t step_;
};

storage::BlobStore& blobs() {
  static const auto store = storage::BlobStore::open(std::filesystem::temp_directory_path() / "form-fuzz-blobs", false);
  CUMULET_HOLDS(store.ok());
  return **store;
}

Result<Form> form_of(const http::RequestHead& head, std::string_view bytes, std::size_t step) {
  boost::asio::io_context io;
  Pieces body(bytes, step);
  std::optional<Result<Form>> form;
  boost::asio::co_spawn(
      io,
      [&]() -> awaitable<void> {
        Result<Form> read = co_await read_form(head, body, {2000, 1000, 10}, blobs(), io.get_executor());
        form.emplace(std::move(read));
      },
      [](const std::exception_ptr& failure) {
        if (failure) std::rethrow_exception(failure);
      });
  io.run();
  CUMULET_HOLDS(form.has_value());
  return std::move(*form);
}

}  // namespace

// A bot's call: the first line is its query string, the second its Content-Type, the rest its body, in whatever pieces.
CUMULET_FUZZ(bytes) {
  if (bytes.size() > 8000) return;
  http::RequestHead head;
  head.target = "/bot1:a/sendMessage?" + std::string(bytes.substr(0, bytes.find('\n')));
  bytes.remove_prefix(std::min(bytes.size(), bytes.find('\n')));
  if (!bytes.empty()) bytes.remove_prefix(1);
  head.headers.set("Content-Type", std::string(bytes.substr(0, bytes.find('\n'))));
  bytes.remove_prefix(std::min(bytes.size(), bytes.find('\n')));
  if (!bytes.empty()) bytes.remove_prefix(1);

  const auto whole = form_of(head, bytes, bytes.size() + 1), pieces = form_of(head, bytes, 1 + bytes.size() % 7);
  CUMULET_HOLDS(whole.ok() == pieces.ok());
  if (!whole.ok()) return;
  CUMULET_HOLDS(whole->fields == pieces->fields && whole->files.size() == pieces->files.size());
  for (const auto& [name, value] : whole->fields) {
    CUMULET_HOLDS(is_valid_utf8(name) && is_valid_utf8(value));
    (void)whole->integer(name);
    (void)whole->is_true(name);
    (void)whole->parsed(name);
  }
  for (const auto& [name, upload] : whole->files) CUMULET_HOLDS(upload->size() == pieces->file(name)->size());
  // A keyboard is stored as it is told, so it must be one when it is read back.
  const auto markup = reply_markup_of(*whole);
  if (!markup.ok() || markup->empty()) return;
  CUMULET_HOLDS(is_valid_utf8(*markup));
  Form again;
  again.fields["reply_markup"] = *markup;
  const auto same = reply_markup_of(again);
  CUMULET_HOLDS(same.ok() && *same == *markup);
  (void)has_button(*markup, whole->get("data"));
}
