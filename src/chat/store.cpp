#include "chat/store.hpp"

#include "base/encoding.hpp"
#include "base/ids.hpp"

namespace cumulet::chat::store {
namespace {

using storage::Connection;
using storage::Statement;
using storage::Transaction;

constexpr std::int64_t kFirstChat = 1'000'001;
constexpr std::int64_t kUpdateLife = 24 * 3600 * 1000;  // ms; Telegram keeps updates no longer

constexpr std::string_view kTables = R"(
CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE counter(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE chat(id INTEGER PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL);
CREATE TABLE file(
  number INTEGER PRIMARY KEY AUTOINCREMENT, file_id TEXT NOT NULL UNIQUE, unique_id TEXT NOT NULL, kind TEXT NOT NULL,
  name TEXT NOT NULL, mime_type TEXT NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL, duration INTEGER NOT NULL);
CREATE INDEX file_blob ON file(blob);
CREATE TABLE message(
  id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL REFERENCES chat(id), is_from_bot INTEGER NOT NULL,
  date INTEGER NOT NULL, edit_date INTEGER NOT NULL DEFAULT 0, text TEXT NOT NULL, entities TEXT NOT NULL,
  file INTEGER REFERENCES file(number), reply_to INTEGER, reply_markup TEXT NOT NULL, revision INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL DEFAULT 0, nonce TEXT);
CREATE INDEX message_chat ON message(chat, id);
CREATE INDEX message_revision ON message(chat, revision);
CREATE UNIQUE INDEX message_nonce ON message(chat, nonce) WHERE nonce IS NOT NULL;
CREATE TABLE pending_update(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, text TEXT NOT NULL);
)";

constexpr std::string_view kMessageColumns =
    "SELECT m.id, m.chat, m.is_from_bot, m.date, m.edit_date, m.text, m.entities, m.reply_to, m.reply_markup, "
    "m.revision, m.is_deleted, m.nonce, m.file, f.file_id, f.unique_id, f.kind, f.name, f.mime_type, f.blob, f.size, "
    "f.width, "
    "f.height, f.duration FROM message m LEFT JOIN file f ON f.number = m.file ";
constexpr std::string_view kFileColumns =
    "SELECT number, file_id, unique_id, kind, name, mime_type, blob, size, width, height, duration FROM file ";

std::string sql(std::string_view columns, std::string_view rest) { return std::string(columns) + std::string(rest); }

File file_at(Statement& row, int column) {
  File file;
  file.number = row.integer(column);
  file.file_id = row.string(column + 1);
  file.file_unique_id = row.string(column + 2);
  file.kind = kind_named(row.text(column + 3));
  file.name = row.string(column + 4);
  file.mime_type = row.string(column + 5);
  file.blob = row.string(column + 6);
  file.size = row.integer(column + 7);
  file.width = row.integer(column + 8);
  file.height = row.integer(column + 9);
  file.duration = row.integer(column + 10);
  return file;
}

Message message_at(Statement& row) {
  Message message;
  message.id = row.integer(0);
  message.chat_id = row.integer(1);
  message.is_from_bot = row.integer(2) != 0;
  message.date = row.integer(3);
  message.edit_date = row.integer(4);
  message.text = row.string(5);
  if (auto entities = json::parse(row.text(6)); entities.ok() && entities->is_array())
    message.entities = std::move(entities->get_array());
  if (!row.is_null(7)) message.reply_to = row.integer(7);
  message.reply_markup = row.string(8);
  message.revision = row.integer(9);
  message.is_deleted = row.integer(10) != 0;
  message.nonce = row.string(11);
  if (!row.is_null(12)) message.file = file_at(row, 12);
  return message;
}

std::optional<Message> one_message(Statement& query) {
  if (!query.step()) return std::nullopt;
  return message_at(query);
}

std::vector<Message> all_messages(Statement& query) {
  std::vector<Message> found;
  while (query.step()) found.push_back(message_at(query));
  return found;
}

// The counter's next value.
std::int64_t count(Transaction& tx, std::string_view name, std::int64_t first) {
  auto next = tx.prepare(
      "INSERT INTO counter(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = value + 1 "
      "RETURNING value");
  next.bind_all(name, first);
  next.step();
  return next.integer(0);
}

std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

std::string random_bytes(std::size_t n) { return hex_decode(random_hex(2 * n)).value_or(std::string(n, '\0')); }

}  // namespace

Result<void> migrate(storage::Database& database) { return database.migrate("chat", {kTables}); }

std::optional<std::string> setting(Connection& db, std::string_view name) {
  auto query = db.prepare("SELECT value FROM setting WHERE name = ?1");
  query.bind(name);
  if (!query.step()) return std::nullopt;
  return query.string(0);
}

void set(Transaction& tx, std::string_view name, std::string_view value) {
  if (setting(tx, name) == value) return;  // getUpdates repeats its own with every call
  tx.run("INSERT INTO setting(name, value) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET value = excluded.value", name,
         value);
}

void unset(Transaction& tx, std::string_view name) { tx.run("DELETE FROM setting WHERE name = ?1", name); }

Chat add_chat(Transaction& tx, std::string_view name, TimePoint now) {
  Chat chat{count(tx, "chat", kFirstChat), std::string(name)};
  tx.run("INSERT INTO chat(id, name, created) VALUES(?1, ?2, ?3)", chat.id, chat.name, to_millis(now));
  return chat;
}

std::optional<Chat> find_chat(Connection& db, std::int64_t id) {
  auto query = db.prepare("SELECT id, name FROM chat WHERE id = ?1");
  query.bind(id);
  if (!query.step()) return std::nullopt;
  return Chat{query.integer(0), query.string(1)};
}

std::vector<std::pair<Chat, std::int64_t>> chats_with_last(Connection& db) {
  std::vector<std::pair<Chat, std::int64_t>> found;
  auto query = db.prepare(
      "SELECT id, name, (SELECT coalesce(max(m.id), 0) FROM message m WHERE m.chat = chat.id) FROM chat ORDER BY id");
  while (query.step()) found.emplace_back(Chat{query.integer(0), query.string(1)}, query.integer(2));
  return found;
}

std::int64_t chat_count(Connection& db) {
  auto query = db.prepare("SELECT count(*) FROM chat");
  query.step();
  return query.integer(0);
}

void add_file(Transaction& tx, File& file) {
  if (file.file_id.empty()) file.file_id = "BAAC" + base64url(random_bytes(36));
  if (file.file_unique_id.empty()) file.file_unique_id = "AgAD" + base64url(random_bytes(8));
  tx.run(
      "INSERT INTO file(file_id, unique_id, kind, name, mime_type, blob, size, width, height, duration) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
      file.file_id, file.file_unique_id, name_of(file.kind), file.name, file.mime_type, file.blob, file.size,
      file.width, file.height, file.duration);
  file.number = tx.last_insert_rowid();
}

std::optional<File> find_file(Connection& db, std::string_view file_id) {
  auto query = db.prepare(sql(kFileColumns, "WHERE file_id = ?1"));
  query.bind(file_id);
  if (!query.step()) return std::nullopt;
  return file_at(query, 0);
}

std::optional<File> find_file(Connection& db, std::int64_t number) {
  auto query = db.prepare(sql(kFileColumns, "WHERE number = ?1"));
  query.bind(number);
  if (!query.step()) return std::nullopt;
  return file_at(query, 0);
}

bool names_blob(Connection& db, std::string_view blob) {
  auto query = db.prepare("SELECT 1 FROM file WHERE blob = ?1");
  query.bind(blob);
  return query.step();
}

void add_message(Transaction& tx, Message& message) {
  message.revision = count(tx, "revision", 1);
  const std::optional<std::int64_t> file =
      message.file ? std::optional(message.file->number) : std::optional<std::int64_t>{};
  const std::optional<std::string> once = message.nonce.empty() ? std::nullopt : std::optional(message.nonce);
  tx.run(
      "INSERT INTO message(chat, is_from_bot, date, text, entities, file, reply_to, reply_markup, revision, nonce) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
      message.chat_id, message.is_from_bot, message.date, message.text, json::text(message.entities), file,
      message.reply_to, message.reply_markup, message.revision, once);
  message.id = tx.last_insert_rowid();
}

std::optional<Message> find_message(Connection& db, std::int64_t chat, std::int64_t id) {
  auto query = db.prepare(sql(kMessageColumns, "WHERE m.id = ?1 AND m.chat = ?2 AND NOT m.is_deleted"));
  query.bind_all(id, chat);
  return one_message(query);
}

std::optional<Message> find_nonce(Connection& db, std::int64_t chat, std::string_view nonce) {
  auto query = db.prepare(sql(kMessageColumns, "WHERE m.chat = ?1 AND m.nonce = ?2"));
  query.bind_all(chat, nonce);
  return one_message(query);
}

void update_message(Transaction& tx, Message& message) {
  message.revision = count(tx, "revision", 1);
  const std::optional<std::int64_t> file =
      message.file ? std::optional(message.file->number) : std::optional<std::int64_t>{};
  tx.run(
      "UPDATE message SET text = ?2, entities = ?3, file = ?4, reply_markup = ?5, edit_date = ?6, revision = ?7 "
      "WHERE id = ?1",
      message.id, message.text, json::text(message.entities), file, message.reply_markup, message.edit_date,
      message.revision);
}

// The row stays, empty, so that a page that was away learns of it.
void delete_message(Transaction& tx, std::int64_t chat, std::int64_t id) {
  tx.run(
      "UPDATE message SET text = '', entities = '[]', file = NULL, reply_markup = '', is_deleted = 1, revision = ?3 "
      "WHERE id = ?1 AND chat = ?2",
      id, chat, count(tx, "revision", 1));
}

std::int64_t revision(Connection& db) {
  auto query = db.prepare("SELECT value FROM counter WHERE name = 'revision'");
  return query.step() ? query.integer(0) : 0;
}

std::vector<Message> changed_since(Connection& db, std::int64_t chat, std::int64_t revision, int limit) {
  auto query = db.prepare(sql(kMessageColumns, "WHERE m.chat = ?1 AND m.revision > ?2 ORDER BY m.revision LIMIT ?3"));
  query.bind_all(chat, revision, limit);
  return all_messages(query);
}

std::vector<Message> newest(Connection& db, std::int64_t chat, std::int64_t before, int limit) {
  auto query = db.prepare(sql(kMessageColumns,
                              "WHERE m.chat = ?1 AND NOT m.is_deleted AND (?2 = 0 OR m.id < ?2) "
                              "ORDER BY m.id DESC LIMIT ?3"));
  query.bind_all(chat, before, limit);
  std::vector<Message> found = all_messages(query);
  return {std::make_move_iterator(found.rbegin()), std::make_move_iterator(found.rend())};
}

json::object wire_form(Connection& db, const Message& message, const Chat& chat, const Bot& bot) {
  std::optional<Message> replied;
  if (message.reply_to) replied = find_message(db, message.chat_id, *message.reply_to);
  return chat::wire_form(message, chat, bot, replied ? &*replied : nullptr);
}

void add_update(Transaction& tx, std::string_view kind, const json::object& content, TimePoint now) {
  if (const auto allowed = setting(tx, "allowed_updates")) {
    const auto list = json::parse(*allowed);
    bool is_allowed = false;
    if (list.ok() && list->is_array())
      for (const auto& one : list->get_array())
        is_allowed = is_allowed || (one.is_string() && std::string_view(one.get_string()) == kind);
    if (!is_allowed) return;
  }
  // The first is the time: a bot that kept its offset from an earlier folder misses nothing in this one.
  const std::int64_t id = count(tx, "update", to_millis(now) / 1000);
  json::object update;
  update["update_id"] = id;
  update[kind] = content;
  tx.run("INSERT INTO pending_update(id, time, text) VALUES(?1, ?2, ?3)", id, to_millis(now), json::text(update));
}

std::vector<std::string> take_updates(Transaction& tx, std::int64_t offset, int limit, TimePoint now) {
  tx.run("DELETE FROM pending_update WHERE time < ?1", to_millis(now) - kUpdateLife);
  if (offset > 0) tx.run("DELETE FROM pending_update WHERE id < ?1", offset);
  if (offset < 0)
    tx.run("DELETE FROM pending_update WHERE id NOT IN (SELECT id FROM pending_update ORDER BY id DESC LIMIT ?1)",
           offset == INT64_MIN ? INT64_MAX : -offset);
  std::vector<std::string> found;
  auto query = tx.prepare("SELECT text FROM pending_update ORDER BY id LIMIT ?1");
  query.bind(limit);
  while (query.step()) found.push_back(query.string(0));
  return found;
}

std::int64_t pending_updates(Connection& db) {
  auto query = db.prepare("SELECT count(*) FROM pending_update");
  query.step();
  return query.integer(0);
}

void forget_updates(Transaction& tx) { tx.run("DELETE FROM pending_update"); }

}  // namespace cumulet::chat::store
