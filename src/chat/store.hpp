#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/model.hpp"
#include "storage/database.hpp"

namespace cumulet::chat {

// Tables of chats, messages, files, updates and settings. Every call runs inside a job on the writer's thread, so that
// all see one order of things; the state of this class is the tables alone.
namespace store {

Result<void> migrate(storage::Database& database);

std::optional<std::string> setting(storage::Connection& db, std::string_view name);
void set(storage::Transaction& tx, std::string_view name, std::string_view value);
void unset(storage::Transaction& tx, std::string_view name);

Chat add_chat(storage::Transaction& tx, std::string_view name, TimePoint now);
std::optional<Chat> find_chat(storage::Connection& db, std::int64_t id);
// With the id of each one's newest message (0: none).
std::vector<std::pair<Chat, std::int64_t>> chats_with_last(storage::Connection& db);
std::int64_t chat_count(storage::Connection& db);

// Fills number and, when empty, file_id and file_unique_id.
void add_file(storage::Transaction& tx, File& file);
std::optional<File> find_file(storage::Connection& db, std::string_view file_id);
std::optional<File> find_file(storage::Connection& db, std::int64_t number);
bool names_blob(storage::Connection& db, std::string_view blob);

void add_message(storage::Transaction& tx, Message& message);  // fills id and revision
std::optional<Message> find_message(storage::Connection& db, std::int64_t chat, std::int64_t id);
std::optional<Message> find_nonce(storage::Connection& db, std::int64_t chat, std::string_view nonce);
// Stores text, entities, reply_markup, file, edit_date; fills revision.
void update_message(storage::Transaction& tx, Message& message);
void delete_message(storage::Transaction& tx, std::int64_t chat, std::int64_t id);

std::int64_t revision(storage::Connection& db);  // the newest
// Those with a later revision, deleted ones too, in the order of their revisions.
std::vector<Message> changed_since(storage::Connection& db, std::int64_t chat, std::int64_t revision, int limit);
// The newest that are there, before message `before` (0: the very newest), oldest first.
std::vector<Message> newest(storage::Connection& db, std::int64_t chat, std::int64_t before, int limit);
// The Message object with the message it replies to.
json::object wire_form(storage::Connection& db, const Message& message, const Chat& chat, const Bot& bot);

// Queues an update of this kind ("message") for the bot unless its allowed_updates leave it out.
void add_update(storage::Transaction& tx, std::string_view kind, const json::object& content, TimePoint now);
// Forgets what `offset` confirms (negative: all but the last -offset) and what is older than a day; then at most
// `limit` Update objects as JSON texts, oldest first.
std::vector<std::string> take_updates(storage::Transaction& tx, std::int64_t offset, int limit, TimePoint now);
std::int64_t pending_updates(storage::Connection& db);
void forget_updates(storage::Transaction& tx);

}  // namespace store
}  // namespace cumulet::chat
