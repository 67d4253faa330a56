#include "services/states/names.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "services/states/errors.hpp"

namespace cumulet::states {

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html (name)
Result<void> check_name(std::string_view name) {
  static constexpr std::string_view kForbidden = "<>{}[]?*\"#%\\^|~`$&,;:/";
  bool bad = std::any_of(name.begin(), name.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u <= 0x20 || u == 0x7f || kForbidden.find(c) != std::string_view::npos;
  });
  for (std::size_t at = name.find('\xc2'); at != std::string_view::npos; at = name.find('\xc2', at + 1))
    bad = bad || (at + 1 < name.size() && static_cast<unsigned char>(name[at + 1]) < 0xa0);  // U+0080 to U+009F
  for (const std::string_view none : {"\xef\xbf\xbe", "\xef\xbf\xbf"})                       // U+FFFE, U+FFFF
    bad = bad || name.find(none) != std::string_view::npos;
  const auto characters = std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xc0) != 0x80; });
  if (bad || name.empty() || characters > 80 || !is_valid_utf8(name))
    return Error{kInvalidName, "Invalid Name: '" + std::string(name) + "'"};
  return {};
}

Result<Arn> check_arn(std::string_view text) {
  if (!text.starts_with("arn:"))
    return Error{kInvalidArn, "Invalid Arn: 'Invalid ARN prefix: " + std::string(text) + "'"};
  auto arn = Arn::parse(text);
  if (!arn) return Error{kInvalidArn, "Invalid Arn: '" + std::string(text) + "'"};
  return std::move(*arn);
}

namespace {

Result<Arn> of_type(std::string_view text, std::string_view type) {
  CUMULET_TRY(Arn arn, check_arn(text));
  if (arn.service != "states")
    return Error{kInvalidArn, "Invalid Arn: 'Service name must be 'states': " + std::string(text) + "'"};
  const auto kind = arn.resource.substr(0, arn.resource.find(':'));
  if (kind != type) return Error{kInvalidArn, "Invalid Arn: 'Resource type not valid in this context: " + kind + "'"};
  return arn;
}

}  // namespace

Result<Arn> check_machine_arn(std::string_view text) { return of_type(text, "stateMachine"); }
Result<Arn> check_execution_arn(std::string_view text) { return of_type(text, "execution"); }

std::string machine_arn(std::string_view region, std::string_view name) {
  Arn arn;
  arn.service = "states";
  arn.region = region;
  arn.account = kAccountId;
  arn.resource = "stateMachine:" + std::string(name);
  return arn.text();
}

std::string page_token(std::string_view position) { return base64_encode("1:" + std::string(position)); }

Result<std::string> page_position(std::string_view token) {
  const auto text = base64_decode(token);
  if (!text || !text->starts_with("1:")) return Error{kInvalidToken, "Invalid Token: 'Invalid token'"};
  return text->substr(2);
}

}  // namespace cumulet::states
