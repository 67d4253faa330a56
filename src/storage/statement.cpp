#include <sqlite3.h>

#include "storage/database.hpp"
#include "storage/statement_cache.hpp"

namespace cumulet::storage {
namespace {

[[noreturn]] void fail(sqlite3* db, const char* what) {
  throw SqlError(sqlite3_extended_errcode(db), std::string(what) + ": " + sqlite3_errmsg(db));
}

sqlite3_stmt* compile(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                         nullptr) != SQLITE_OK)
    fail(db, "prepare");
  return statement;
}

}  // namespace

Statement::Statement(detail::CachedStatement& cached) : cached_(&cached), statement_(cached.statement) {
  cached.in_use = true;
}

Statement::~Statement() {
  if (cached_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  cached_->in_use = false;
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  next_ = 1;
}

namespace {
void check_bind(int code, sqlite3_stmt* statement) {
  if (code != SQLITE_OK) fail(sqlite3_db_handle(statement), "bind");
}
}  // namespace

Statement& Statement::bind(std::int64_t value) {
  check_bind(sqlite3_bind_int64(statement_, next_++, value), statement_);
  return *this;
}

Statement& Statement::bind(double value) {
  check_bind(sqlite3_bind_double(statement_, next_++, value), statement_);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.empty() ? "" : text.data();
  check_bind(sqlite3_bind_text64(statement_, next_++, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8), statement_);
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  const char* data = bytes.empty() ? "" : bytes.data();
  check_bind(sqlite3_bind_blob64(statement_, next_++, data, bytes.size(), SQLITE_TRANSIENT), statement_);
  return *this;
}

Statement& Statement::bind(std::nullptr_t) {
  check_bind(sqlite3_bind_null(statement_, next_++), statement_);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(sqlite3_db_handle(statement_), "step");
}

void Statement::run() {
  while (step()) {
  }
}

bool Statement::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view Statement::text(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  const void* data = type == SQLITE_BLOB || type == SQLITE_TEXT
                         ? sqlite3_column_blob(statement_, column)
                         : static_cast<const void*>(sqlite3_column_text(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view{}
                         : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

std::optional<std::string> Statement::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return string(column);
}

Connection::Connection(sqlite3* db) : db_(db), cache_(std::make_unique<detail::StatementCache>()) {}

Connection::~Connection() {
  cache_.reset();
  sqlite3_close_v2(db_);
}

Statement Connection::prepare(std::string_view sql) {
  auto& statements = cache_->by_text;
  auto found = statements.find(sql);
  if (found == statements.end()) found = statements.emplace(std::string(sql), detail::StatementList{}).first;
  for (auto& cached : found->second)
    if (!cached->in_use) return Statement(*cached);
  auto added = std::make_unique<detail::CachedStatement>();
  added->statement = compile(db_, sql);
  found->second.push_back(std::move(added));
  return Statement(*found->second.back());
}

void Connection::execute(std::string_view sql) {
  if (sqlite3_exec(db_, std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(db_, "execute");
}

std::int64_t Connection::changes() const { return sqlite3_changes64(db_); }
std::int64_t Connection::last_insert_rowid() const { return sqlite3_last_insert_rowid(db_); }

}  // namespace cumulet::storage
