#pragma once
#include <string>
#include <string_view>

#include "aws/wire/constraints.hpp"
#include "aws/wire/json_codec.hpp"
#include "aws/wire/shape.hpp"
#include "base/result.hpp"

// Structures as XML: REST-XML bodies and Query results.
namespace cumulet::wire {

inline constexpr std::size_t kXmlBytes = 4u << 20;  // the largest legal body, 10,000 parts with checksums, has 3 MB
inline constexpr int kXmlDepth = 64;
inline constexpr std::string_view kHostId = "Y3VtdWxldC1pcy1vbmUtcHJvZ3JhbS1vbi1vbmUtbWFjaGluZQ==";

// Reads a document whose root is the structure. Any root name will do. Error: MalformedXML, also for DOCTYPE, depth
// and size. Constraint breaks go to `violations`.
Result<void> read_xml(std::string_view text, const Shape& shape, void* out, Members members, Violations& violations);

// <name xmlns=..>..</name> of a payload or body structure; `member` is the payload member or null.
void write_xml_document(std::string& out, std::string_view name, std::string_view xml_namespace, const Member* member,
                        const Shape& shape, const void* value, Members members);
// Only the members' elements.
void write_xml_members(std::string& out, const Shape& shape, const void* value, Members members);

// What is not UTF-8 (a client's own bytes, told back to it) becomes U+FFFD: no reader takes anything else.
void append_xml_text(std::string& out, std::string_view text);

}  // namespace cumulet::wire
