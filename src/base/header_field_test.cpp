#include "base/header_field.hpp"

#include <gtest/gtest.h>

#include <cctype>
#include <string>

namespace cumulet::http {
namespace {

TEST(HeaderField, EveryByteAtEveryPlace) {
  for (std::size_t at = 0; at < 20; ++at) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::string value(20, at % 2 == 0 ? 'v' : '\xc3');
      value[at] = static_cast<char>(byte);
      EXPECT_EQ(is_field_value(value), byte == '\t' || (byte >= 0x20 && byte != 0x7f)) << byte << " at " << at;
      std::string name(20, 'n');
      name[at] = static_cast<char>(byte);
      const bool is_token = std::string("!#$%&'*+-.^_`|~").find(static_cast<char>(byte)) != std::string::npos ||
                            (byte < 128 && std::isalnum(static_cast<int>(byte)) != 0);
      EXPECT_EQ(is_field_name(name), is_token) << byte << " at " << at;
    }
  }
  EXPECT_TRUE(is_field_value("\t\t\t\t\t\t\t\t tabs"));
  EXPECT_FALSE(is_field_value("\t\t\t\n\t\t\t\t tabs"));
  EXPECT_TRUE(is_field_value(""));
  EXPECT_FALSE(is_field_name(""));
}

}  // namespace
}  // namespace cumulet::http
