#include "events/record.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"

namespace cumulet::events {
namespace {

// Appends `,"name":value` for each member that it visits.
class JsonMembers {
 public:
  explicit JsonMembers(std::string& out) : out_(out) {}
  void operator()(std::string_view name, std::string_view value) {
    begin(name);
    json::append_quoted(out_, with_valid_utf8(value));
  }
  void operator()(std::string_view name, std::int64_t value) {
    begin(name);
    out_ += std::to_string(value);
  }
  void operator()(std::string_view name, double value) {
    begin(name);
    json::append_text(out_, value);
  }
  void operator()(std::string_view name, TimePoint value) { (*this)(name, std::string_view(iso8601_millis(value))); }

 private:
  void begin(std::string_view name) {
    out_ += ",\"";
    out_ += name;
    out_ += "\":";
  }
  std::string& out_;
};

}  // namespace

std::string_view kind_of(const Record& record) {
  return std::visit([](const auto& one) { return one.kKind; }, record);
}

std::string json_text(const Record& record) {
  std::string out = "{\"kind\":\"";
  out += kind_of(record);
  out += '"';
  std::visit([&](const auto& one) { each_member(one, JsonMembers(out)); }, record);
  out += '}';
  return out;
}

}  // namespace cumulet::events
