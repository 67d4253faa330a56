#pragma once
#include <string>

#include "botapi/form.hpp"

namespace cumulet::botapi {

// The `reply_markup` parameter when it is an inline keyboard, as JSON text; else empty. Error: kBadRequest.
Result<std::string> reply_markup_of(const Form& form);

}  // namespace cumulet::botapi
