#pragma once
#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "base/error.hpp"

namespace cumulet {

// A value or an Error. Converts implicitly from either, so that functions simply `return value;` or
// `return Error{kNoSuchBucket, "..."};`. value() and error() require the matching state.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return *get(); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*get()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return get(); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  T* get() {
    assert(ok());
    return std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  void value() const { assert(ok()); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace cumulet

// Early returns. TRY(statement-expression-free): `CUMULET_TRY(auto x, parse(text));` declares x or returns the error.
// The _CO forms are for coroutines; never put a co_await with braced temporaries inside (g++ 12).
#define CUMULET_CONCAT_(a, b) a##b
#define CUMULET_CONCAT(a, b) CUMULET_CONCAT_(a, b)
#define CUMULET_TRY_(tmp, keyword, declaration, expression) \
  auto tmp = (expression);                                  \
  if (!tmp.ok()) keyword std::move(tmp).error();            \
  declaration = std::move(tmp).value()
#define CUMULET_TRY(declaration, expression) \
  CUMULET_TRY_(CUMULET_CONCAT(result_, __LINE__), return, declaration, expression)
#define CUMULET_CO_TRY(declaration, expression) \
  CUMULET_TRY_(CUMULET_CONCAT(result_, __LINE__), co_return, declaration, expression)
#define CUMULET_CHECK(expression) \
  if (auto result_check = (expression); !result_check.ok()) return std::move(result_check).error()
#define CUMULET_CO_CHECK(expression) \
  if (auto result_check = (expression); !result_check.ok()) co_return std::move(result_check).error()
