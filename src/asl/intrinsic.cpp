#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <set>

#include "asl/bounds.hpp"
#include "asl/expression.hpp"
#include "asl/json_path_filter.hpp"
#include "base/encoding.hpp"

namespace cumulet::asl {
namespace {

// "States.Name(argument, ...)": arguments are paths, 'strings', numbers, true, false, null and calls.
class CallParser {
 public:
  explicit CallParser(std::string_view text) : text_(text) {}

  Result<Intrinsic> whole() {
    skip_blanks();
    CUMULET_TRY(Intrinsic call, this->call(0));
    skip_blanks();
    if (at_ != text_.size()) return error();
    return call;
  }

 private:
  Error error() const {
    return Error{kInvalidPath, "not an intrinsic function call: '" + std::string(text_.substr(0, 200)) + "'"};
  }
  bool done() const { return at_ >= text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  void skip_blanks() {
    while (!done() && std::isspace(static_cast<unsigned char>(peek()))) ++at_;
  }

  Result<Intrinsic> call(int depth) {
    if (depth >= 10) return error();
    Intrinsic out;
    const auto start = at_;
    while (!done() && (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '.')) ++at_;
    out.name = text_.substr(start, at_ - start);
    if (!out.name.starts_with("States.") || peek() != '(') return error();
    ++at_;
    skip_blanks();
    if (peek() == ')')
      ++at_;
    else {
      while (true) {
        skip_blanks();
        if (out.arguments.size() >= 64) return error();
        CUMULET_TRY(Intrinsic::Argument next, argument(depth));
        out.arguments.push_back(std::move(next));
        skip_blanks();
        const char c = peek();
        ++at_;
        if (c == ')') break;
        if (c != ',') return error();
      }
    }
    out.text = text_.substr(start, at_ - start);
    return out;
  }

  Result<Intrinsic::Argument> argument(int depth) {
    if (peek() == '$') {
      CUMULET_TRY(Path path, Path::parse(path_text()));
      return Intrinsic::Argument{std::move(path)};
    }
    if (peek() == '\'') {
      std::string out;
      for (++at_; !done() && peek() != '\''; ++at_) {
        if (peek() == '\\' && at_ + 1 < text_.size()) {
          const char next = text_[at_ + 1];
          // \' \{ \} \\ are the escapes; \{ and \} stay for States.Format to read.
          if (next == '\'' || next == '\\')
            ++at_;
          else if (next == 'n') {
            ++at_;
            out += '\n';
            continue;
          } else if (next == '{' || next == '}') {
            out += '\\';
            ++at_;
          }
        }
        out += peek();
      }
      if (done()) return error();
      ++at_;
      return Intrinsic::Argument{json::value(out)};
    }
    if (peek() == 'S') {
      CUMULET_TRY(Intrinsic inner, call(depth + 1));
      return Intrinsic::Argument{std::make_shared<const Intrinsic>(std::move(inner))};
    }
    const auto start = at_;
    while (!done() && peek() != ',' && peek() != ')' && peek() != ' ') ++at_;
    const auto literal = json::parse(text_.substr(start, at_ - start));
    if (!literal || literal->is_structured()) return error();
    return Intrinsic::Argument{*literal};
  }

  // A path runs to the next ',' or ')' outside brackets and quotes.
  std::string_view path_text() {
    const auto start = at_;
    int brackets = 0;
    char quote = '\0';
    for (; !done(); ++at_) {
      const char c = peek();
      if (quote) {
        if (c == quote) quote = '\0';
      } else if (brackets && (c == '\'' || c == '"')) {
        quote = c;
      } else if (c == '[') {
        ++brackets;
      } else if (c == ']') {
        --brackets;
      } else if (brackets <= 0 && (c == ',' || c == ')')) {
        break;
      }
    }
    auto text = text_.substr(start, at_ - start);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
    return text;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

using Arguments = std::vector<json::value>;
using Answer = Result<json::value>;

Error refused(std::string_view name, std::string_view what) {
  return Error{kIntrinsicFailure, "Invalid arguments in " + std::string(name) + ": " + std::string(what)};
}

std::optional<std::int64_t> as_integer(const json::value& v) {
  const auto number = as_number(v);
  if (!number || std::fabs(*number) > 9e15) return std::nullopt;
  return std::llround(*number);
}

// How States.Format and States.ArrayUnique see a value.
std::string plain(const json::value& v) { return v.is_string() ? std::string(v.get_string()) : json::text(v); }

Answer format(const Arguments& a) {
  if (a.empty() || !a[0].is_string()) return refused("States.Format", "the first argument must be a string");
  const std::string_view pattern = a[0].get_string();
  std::string out;
  std::size_t next = 1;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size() && (pattern[i + 1] == '{' || pattern[i + 1] == '}')) {
      out += pattern[++i];
    } else if (pattern.substr(i, 2) == "{}") {
      if (next >= a.size()) return refused("States.Format", "number of arguments do not match the occurrences of {}");
      out += plain(a[next++]);
      ++i;
    } else {
      out += pattern[i];
    }
  }
  if (next != a.size()) return refused("States.Format", "number of arguments do not match the occurrences of {}");
  return json::value(out);
}

Answer array_partition(const Arguments& a) {
  const auto size = as_integer(a[1]);
  if (!a[0].is_array() || !size || *size <= 0)
    return refused("States.ArrayPartition", "an array and a positive size are needed");
  json::array out, part;
  for (const auto& item : a[0].get_array()) {
    part.push_back(item);
    if (static_cast<std::int64_t>(part.size()) < *size) continue;
    out.emplace_back(std::move(part));
    part = json::array();
  }
  if (!part.empty()) out.emplace_back(std::move(part));
  return json::value(std::move(out));
}

Answer array_contains(const Arguments& a) {
  const auto* array = a[0].if_array();
  if (!array) return refused("States.ArrayContains", "the first argument must be an array");
  return json::value(
      std::any_of(array->begin(), array->end(), [&](const json::value& v) { return json_equal(v, a[1]); }));
}

Answer array_range(const Arguments& a) {
  const auto from = as_integer(a[0]), to = as_integer(a[1]), step = as_integer(a[2]);
  if (!from || !to || !step || *step == 0)
    return refused("States.ArrayRange", "three numbers are needed, the step not 0");
  json::array out;
  for (auto i = *from; *step > 0 ? i <= *to : i >= *to; i += *step) {
    if (out.size() == 1000) return refused("States.ArrayRange", "the range has more than 1000 items");
    out.emplace_back(i);
  }
  return json::value(std::move(out));
}

Answer array_get_item(const Arguments& a) {
  const auto* array = a[0].if_array();
  const auto index = as_integer(a[1]);
  if (!array || !index || *index < 0 || *index >= static_cast<std::int64_t>(array->size()))
    return refused("States.ArrayGetItem", "an array and an index inside it are needed");
  return json::value((*array)[static_cast<std::size_t>(*index)]);
}

Answer array_length(const Arguments& a) {
  if (!a[0].is_array()) return refused("States.ArrayLength", "an array is needed");
  return json::value(static_cast<std::int64_t>(a[0].get_array().size()));
}

Answer array_unique(const Arguments& a) {
  if (!a[0].is_array()) return refused("States.ArrayUnique", "an array is needed");
  json::array out;
  std::set<std::string> seen;
  for (const auto& item : a[0].get_array())
    if (seen.insert(json::text(item)).second) out.push_back(item);
  return json::value(std::move(out));
}

constexpr std::size_t kMaxStringArgument = 10'000;

Answer base64(const Arguments& a, bool encode) {
  const auto name = encode ? "States.Base64Encode" : "States.Base64Decode";
  if (!a[0].is_string() || a[0].get_string().size() > kMaxStringArgument)
    return refused(name, "a string of at most 10,000 characters is needed");
  if (encode) return json::value(base64_encode(std::string_view(a[0].get_string())));
  const auto decoded = base64_decode(std::string_view(a[0].get_string()));
  if (!decoded) return refused(name, "the string is not Base64");
  return json::value(*decoded);
}

Answer hash(const Arguments& a) {
  const auto input = plain(a[0]);
  if (!a[1].is_string() || input.size() > kMaxStringArgument)
    return refused("States.Hash", "data and an algorithm are needed");
  const std::string_view wanted = a[1].get_string();
  const EVP_MD* algorithm = wanted == "MD5"       ? EVP_md5()
                            : wanted == "SHA-1"   ? EVP_sha1()
                            : wanted == "SHA-256" ? EVP_sha256()
                            : wanted == "SHA-384" ? EVP_sha384()
                            : wanted == "SHA-512" ? EVP_sha512()
                                                  : nullptr;
  if (!algorithm) return refused("States.Hash", "the algorithm must be one of MD5, SHA-1, SHA-256, SHA-384, SHA-512");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(input.data(), input.size(), digest, &size, algorithm, nullptr) != 1)
    return refused("States.Hash", "the algorithm is not available");
  return json::value(hex_encode({reinterpret_cast<const char*>(digest), size}));
}

Answer json_merge(const Arguments& a) {
  if (!a[0].is_object() || !a[1].is_object() || !a[2].is_bool())
    return refused("States.JsonMerge", "two objects and false are needed");
  if (a[2].get_bool()) return refused("States.JsonMerge", "deep merge is not supported");
  json::object out = a[0].get_object();
  for (const auto& member : a[1].get_object()) out[member.key()] = member.value();
  return json::value(std::move(out));
}

Answer string_to_json(const Arguments& a) {
  if (!a[0].is_string()) return refused("States.StringToJson", "a string is needed");
  auto parsed = json::parse(std::string_view(a[0].get_string()));
  if (!parsed) return refused("States.StringToJson", "the string is not JSON");
  return std::move(*parsed);
}

Answer math_add(const Arguments& a) {
  const auto x = as_integer(a[0]), y = as_integer(a[1]);
  if (!x || !y) return refused("States.MathAdd", "two numbers are needed");
  return json::value(*x + *y);
}

Answer string_split(const Arguments& a) {
  if (!a[0].is_string() || !a[1].is_string()) return refused("States.StringSplit", "two strings are needed");
  const std::string_view text = a[0].get_string(), delimiters = a[1].get_string();
  json::array out;
  std::size_t start = 0;
  while (start <= text.size()) {
    const auto end = std::min(text.find_first_of(delimiters, start), text.size());
    if (end > start) out.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return json::value(std::move(out));
}

Answer math_random(const Arguments& a, Random& random) {
  const auto from = as_integer(a[0]), to = as_integer(a[1]);
  if (!from || !to || *from >= *to) return refused("States.MathRandom", "a start below its end is needed");
  std::uint64_t bits = random.next();
  if (a.size() == 3) {
    const auto seed = as_integer(a[2]);
    if (!seed) return refused("States.MathRandom", "the seed must be a number");
    bits = SeededRandom(static_cast<std::uint64_t>(*seed)).next();
  }
  return json::value(*from + static_cast<std::int64_t>(bits % static_cast<std::uint64_t>(*to - *from)));
}

struct Function {
  std::string_view name;
  std::size_t fewest, most;
  std::function<Answer(const Arguments&, const Environment&)> run;
};

const std::vector<Function>& functions() {
  using A = Arguments;
  using E = Environment;
  static const std::vector<Function> kFunctions = {
      {"States.Format", 1, 64, [](const A& a, const E&) { return format(a); }},
      {"States.StringToJson", 1, 1, [](const A& a, const E&) { return string_to_json(a); }},
      {"States.JsonToString", 1, 1, [](const A& a, const E&) { return Answer(json::value(json::text(a[0]))); }},
      {"States.Array", 0, 64,
       [](const A& a, const E&) { return Answer(json::value(json::array(a.begin(), a.end()))); }},
      {"States.ArrayPartition", 2, 2, [](const A& a, const E&) { return array_partition(a); }},
      {"States.ArrayContains", 2, 2, [](const A& a, const E&) { return array_contains(a); }},
      {"States.ArrayRange", 3, 3, [](const A& a, const E&) { return array_range(a); }},
      {"States.ArrayGetItem", 2, 2, [](const A& a, const E&) { return array_get_item(a); }},
      {"States.ArrayLength", 1, 1, [](const A& a, const E&) { return array_length(a); }},
      {"States.ArrayUnique", 1, 1, [](const A& a, const E&) { return array_unique(a); }},
      {"States.Base64Encode", 1, 1, [](const A& a, const E&) { return base64(a, true); }},
      {"States.Base64Decode", 1, 1, [](const A& a, const E&) { return base64(a, false); }},
      {"States.Hash", 2, 2, [](const A& a, const E&) { return hash(a); }},
      {"States.JsonMerge", 3, 3, [](const A& a, const E&) { return json_merge(a); }},
      {"States.MathAdd", 2, 2, [](const A& a, const E&) { return math_add(a); }},
      {"States.MathRandom", 2, 3, [](const A& a, const E& e) { return math_random(a, e.random()); }},
      {"States.StringSplit", 2, 2, [](const A& a, const E&) { return string_split(a); }},
      {"States.UUID", 0, 0, [](const A&, const E& e) { return Answer(json::value(uuid4(e.random()))); }},
  };
  return kFunctions;
}

const Function* function_named(std::string_view name) {
  for (const auto& function : functions())
    if (function.name == name) return &function;
  return nullptr;
}

bool known(const Intrinsic& call) {
  const auto* function = function_named(call.name);
  return function && call.arguments.size() >= function->fewest && call.arguments.size() <= function->most;
}

}  // namespace

Result<Intrinsic> Intrinsic::parse(std::string_view text) {
  if (text.size() > 10'000) return Error{kInvalidPath, "the call is longer than 10,000 characters"};
  CUMULET_TRY(Intrinsic call, CallParser(text).whole());
  if (!known(call)) return Error{kInvalidPath, "no such intrinsic function: " + call.name};
  return call;
}

Result<json::value> Intrinsic::call(const Environment& env, std::string_view field) const {
  std::size_t room = kMostFilled;
  return call(env, field, room);
}

Result<json::value> Intrinsic::call(const Environment& env, std::string_view field, std::size_t& room) const {
  const auto* function = function_named(name);
  if (!function || !known(*this))
    return Error{kIntrinsicFailure, "The function '" + name + "' does not exist or takes other arguments"};
  Arguments values;
  for (const auto& argument : arguments) {
    if (const auto* literal = std::get_if<json::value>(&argument.value)) {
      values.push_back(*literal);
    } else if (const auto* path = std::get_if<Path>(&argument.value)) {
      const auto found = path->select(env);
      if (!found) return not_found(*path, field, env);
      if (!take_weight(found.value(), room)) return too_much_data();
      values.push_back(found.value());
    } else {
      CUMULET_TRY(json::value inner,
                  std::get<std::shared_ptr<const Intrinsic>>(argument.value)->call(env, field, room));
      values.push_back(std::move(inner));
    }
  }
  CUMULET_TRY(json::value result, function->run(values, env));
  if (!take_weight(result, room)) return too_much_data();
  return result;
}

}  // namespace cumulet::asl
