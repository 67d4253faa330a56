#pragma once
#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cumulet::storage::detail {

struct CachedStatement {
  ~CachedStatement() { sqlite3_finalize(statement); }
  sqlite3_stmt* statement = nullptr;
  bool in_use = false;
};

using StatementList = std::vector<std::unique_ptr<CachedStatement>>;

struct StatementCache {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, StatementList, Hash, std::equal_to<>> by_text;
};

}  // namespace cumulet::storage::detail
