#pragma once
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/http.hpp"
#include "base/time.hpp"

// An AWS shape is a plain struct described once; the codecs (codec.hpp) walk the description. Descriptions are
// type-erased, so that a codec is compiled once and not once a shape.
//
//   struct CreateBucketRequest {
//     std::string bucket;
//     std::optional<std::string> acl;
//
//     static wire::Shape shape() {
//       return structure("CreateBucketRequest", {
//           member<&CreateBucketRequest::bucket>("Bucket").label().required(),
//           member<&CreateBucketRequest::acl>("ACL").header("x-amz-acl"),
//       });
//     }
//   };
//
// C++ type -> wire kind: std::string string, Blob blob, bool boolean, int/int64_t integer/long, double double,
// TimePoint timestamp, boost::json::value document, vector<T> list, map<string,T> map, a described struct structure,
// optional<T> the same, absent when empty. InputStream and http::Body are streaming payloads (S3 only).
namespace cumulet::wire {

// Bytes that are base64 in JSON/XML and raw as an HTTP payload.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

// The request body as a stream, attached by the gateway (verified and de-chunked); null when there is none.
// `length` is the decoded length when the client announced it.
struct InputStream {
  std::shared_ptr<http::BodyStream> stream;
  std::optional<std::uint64_t> length;
};

enum class Kind {
  structure,
  list,
  map,
  string,
  blob,
  boolean,
  integer,
  long_,
  float_,
  double_,
  timestamp,
  document,
  input_stream,
  output_body
};
enum class Location { body, label, greedy_label, query, query_map, header, header_map, status_code, payload };
// iso8601: a fraction only where there is one; iso8601_millis: always three digits, as S3 writes.
enum class TimestampFormat { unspecified, iso8601, iso8601_millis, rfc822, unix };
// What becomes of a number or boolean in JSON where a string belongs: refused, or its text.
enum class Scalars { strict, as_text };

struct Shape;

// One member of a structure. `target` is what get/emplace hand out: the member itself, or the inside of an optional.
struct Member {
  std::string_view name;       // the model's name: "MaxResults"
  std::string_view wire_name;  // locationName: element, header, query key; empty: name
  Location location = Location::body;
  bool is_required = false;
  TimestampFormat timestamp = TimestampFormat::unspecified;
  bool is_flattened = false;    // XML and Query lists/maps without wrapper
  bool is_attribute = false;    // xmlAttribute (xsi:type)
  bool is_json_value = false;   // a string holding JSON text: base64 in headers
  std::string_view entry_name;  // list element name in XML and Query; empty: "member"
  std::string_view key_name;    // map entries in XML and Query; empty: "key"
  std::string_view value_name;  // empty: "value"
  std::string_view xml_namespace;
  std::string_view xml_prefix;
  std::optional<std::int64_t>
      min;  // value of a number, length of a string or blob in characters/bytes, count of a list
  std::optional<std::int64_t> max;
  std::string_view pattern_text;  // ECMAScript regex the whole value must match (only enforced where given)
  std::span<const std::string_view> enum_values;  // allowed strings; empty: any

  const Shape* (*shape)(const Member&) = nullptr;
  // Null when the optional member is absent.
  const void* (*get)(const Member&, const void* owner) = nullptr;
  // Makes the member present and returns it, to be filled.
  void* (*emplace)(const Member&, void* owner) = nullptr;
  const void* context = nullptr;  // for shapes made at run time (tests)

  // Builder calls, for descriptions.
  Member&& label() && { return located(Location::label); }
  Member&& greedy_label() && { return located(Location::greedy_label); }
  Member&& query(std::string_view key) && {
    wire_name = key;
    return located(Location::query);
  }
  Member&& query_map() && { return located(Location::query_map); }
  Member&& header(std::string_view field) && {
    wire_name = field;
    return located(Location::header);
  }
  Member&& header_map(std::string_view prefix) && {
    wire_name = prefix;
    return located(Location::header_map);
  }
  Member&& status_code() && { return located(Location::status_code); }
  Member&& payload() && { return located(Location::payload); }
  Member&& as(std::string_view locationName) && {
    wire_name = locationName;
    return std::move(*this);
  }
  Member&& required() && {
    is_required = true;
    return std::move(*this);
  }
  Member&& range(std::int64_t low, std::int64_t high) && {
    min = low;
    max = high;
    return std::move(*this);
  }
  Member&& at_least(std::int64_t low) && {
    min = low;
    return std::move(*this);
  }
  Member&& pattern(std::string_view regex) && {
    pattern_text = regex;
    return std::move(*this);
  }
  Member&& one_of(std::span<const std::string_view> values) && {
    enum_values = values;
    return std::move(*this);
  }
  Member&& flattened() && {
    is_flattened = true;
    return std::move(*this);
  }
  Member&& entries(std::string_view element) && {
    entry_name = element;
    return std::move(*this);
  }
  Member&& keys(std::string_view key, std::string_view value) && {
    key_name = key;
    value_name = value;
    return std::move(*this);
  }
  Member&& json_value() && {
    is_json_value = true;
    return std::move(*this);
  }
  Member&& attribute() && {
    is_attribute = true;
    return std::move(*this);
  }
  Member&& ns(std::string_view uri, std::string_view prefix = {}) && {
    xml_namespace = uri;
    xml_prefix = prefix;
    return std::move(*this);
  }
  Member&& format(TimestampFormat f) && {
    timestamp = f;
    return std::move(*this);
  }

 private:
  Member&& located(Location where) {
    location = where;
    return std::move(*this);
  }
};

struct Shape {
  Kind kind = Kind::structure;
  std::string_view name;
  std::vector<Member> members;  // structure
  std::string_view xml_namespace;
  std::string_view xml_prefix;
  // Lists and maps inside lists and maps, where no Member can name the entries (else the Member's names win).
  std::string_view entry_name, key_name, value_name;
  std::string_view entry_namespace, key_namespace, value_namespace;  // xmlns of list elements, map keys, map values
  const Shape* (*element)(const Shape&) = nullptr;                   // list and map: the value's shape
  std::size_t (*size)(const Shape&, const void*) = nullptr;
  const void* (*at)(const Shape&, const void*, std::size_t) = nullptr;  // list
  void* (*append)(const Shape&, void*) = nullptr;                       // list: a new last element
  // map: visits in key order; `put` makes or finds the entry.
  void (*each)(const Shape&, const void*, void* context, void (*visit)(void*, std::string_view, const void*)) = nullptr;
  void* (*put)(const Shape&, void*, std::string_view key) = nullptr;
  TimestampFormat timestamp = TimestampFormat::unspecified;  // of a timestamp's shape; the Member's wins
  const void* context = nullptr;                             // for shapes made at run time (tests)
};

template <class T>
const Shape& shape_of();

namespace detail {

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
template <class T>
struct is_vector : std::false_type {};
template <class T>
struct is_vector<std::vector<T>> : std::true_type {};
template <class T>
struct is_string_map : std::false_type {};
template <class T>
struct is_string_map<std::map<std::string, T>> : std::true_type {};
template <class T>
struct is_string_map<std::map<std::string, T, std::less<>>> : std::true_type {};

template <class T>
Shape make_shape() {
  Shape s;
  if constexpr (std::is_same_v<T, std::string>) {
    s.kind = Kind::string;
  } else if constexpr (std::is_same_v<T, Blob>) {
    s.kind = Kind::blob;
  } else if constexpr (std::is_same_v<T, bool>) {
    s.kind = Kind::boolean;
  } else if constexpr (std::is_same_v<T, int>) {
    s.kind = Kind::integer;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    s.kind = Kind::long_;
  } else if constexpr (std::is_same_v<T, float>) {
    s.kind = Kind::float_;
  } else if constexpr (std::is_same_v<T, double>) {
    s.kind = Kind::double_;
  } else if constexpr (std::is_same_v<T, TimePoint>) {
    s.kind = Kind::timestamp;
  } else if constexpr (std::is_same_v<T, boost::json::value>) {
    s.kind = Kind::document;
  } else if constexpr (std::is_same_v<T, InputStream>) {
    s.kind = Kind::input_stream;
  } else if constexpr (std::is_same_v<T, http::Body>) {
    s.kind = Kind::output_body;
  } else if constexpr (is_vector<T>::value) {
    using E = typename T::value_type;
    static_assert(!std::is_same_v<E, bool>, "std::vector<bool> has no addressable elements");
    s.kind = Kind::list;
    s.element = [](const Shape&) { return &shape_of<E>(); };
    s.size = [](const Shape&, const void* list) { return static_cast<const T*>(list)->size(); };
    s.at = [](const Shape&, const void* list, std::size_t i) -> const void* {
      return &(*static_cast<const T*>(list))[i];
    };
    s.append = [](const Shape&, void* list) -> void* { return &static_cast<T*>(list)->emplace_back(); };
  } else if constexpr (is_string_map<T>::value) {
    using E = typename T::mapped_type;
    s.kind = Kind::map;
    s.element = [](const Shape&) { return &shape_of<E>(); };
    s.size = [](const Shape&, const void* map) { return static_cast<const T*>(map)->size(); };
    s.each = [](const Shape&, const void* map, void* context, void (*visit)(void*, std::string_view, const void*)) {
      for (const auto& [key, value] : *static_cast<const T*>(map)) visit(context, key, &value);
    };
    s.put = [](const Shape&, void* map, std::string_view key) -> void* {
      return &(*static_cast<T*>(map))[std::string(key)];
    };
  } else {
    s = T::shape();
  }
  return s;
}

template <class M>
struct member_pointer;
template <class C, class T>
struct member_pointer<T C::*> {
  using owner = C;
  using type = T;
};

}  // namespace detail

template <class T>
const Shape& shape_of() {
  static const Shape shape = detail::make_shape<T>();
  return shape;
}

template <auto Pointer>
Member member(std::string_view name) {
  using Owner = typename detail::member_pointer<decltype(Pointer)>::owner;
  using Type = typename detail::member_pointer<decltype(Pointer)>::type;
  Member m;
  m.name = name;
  if constexpr (detail::is_optional<Type>::value) {
    using Inner = typename Type::value_type;
    m.shape = [](const Member&) { return &shape_of<Inner>(); };
    m.get = [](const Member&, const void* owner) -> const void* {
      const auto& optional = static_cast<const Owner*>(owner)->*Pointer;
      return optional ? &*optional : nullptr;
    };
    m.emplace = [](const Member&, void* owner) -> void* { return &(static_cast<Owner*>(owner)->*Pointer).emplace(); };
  } else {
    m.shape = [](const Member&) { return &shape_of<Type>(); };
    m.get = [](const Member&, const void* owner) -> const void* {
      return &(static_cast<const Owner*>(owner)->*Pointer);
    };
    m.emplace = [](const Member&, void* owner) -> void* { return &(static_cast<Owner*>(owner)->*Pointer); };
  }
  return m;
}

using MemberList = std::vector<Member>;

// What several shapes share is described once, as a list of its own, and joined to what each has besides. Members of a
// base class may be described by pointers to it where it stands first in its heir.
inline MemberList join(MemberList shared, MemberList own) {
  for (Member& member : own) shared.push_back(std::move(member));
  return shared;
}

inline Shape structure(std::string_view name, MemberList members, std::string_view xml_namespace = {}) {
  Shape s;
  s.kind = Kind::structure;
  s.name = name;
  s.members = std::move(members);
  s.xml_namespace = xml_namespace;
  return s;
}

// Input or output of an operation that has none.
struct Empty {
  static Shape shape() { return structure("Empty", {}); }
};

}  // namespace cumulet::wire
