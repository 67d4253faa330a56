#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace cumulet::vision {

// Makes room without filling it: a picture's bytes are all written, and often the memory is fresh from the system.
template <class T>
struct Unfilled : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = Unfilled<U>;
  };
  template <class U>
  void construct(U* at) noexcept(std::is_nothrow_default_constructible_v<U>) {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }
};

// Samples of pictures. resize() leaves what is new as it was.
using Bytes = std::vector<std::uint8_t, Unfilled<std::uint8_t>>;

// A picture as displayed: packed BGR, 3 * width bytes a row, no padding.
struct Image {
  int width = 0;
  int height = 0;
  Bytes bgr;
};

// A picture of packed BGR that lies elsewhere, or a part of one; `stride` bytes from row to row.
struct PictureView {
  const std::uint8_t* bytes = nullptr;
  int width = 0;
  int height = 0;
  std::size_t stride = 0;

  PictureView() = default;
  PictureView(const std::uint8_t* first, int columns, int rows, std::size_t row_bytes)
      : bytes(first), width(columns), height(rows), stride(row_bytes) {}
  PictureView(const Image& image)  // NOLINT(google-explicit-constructor): every picture can be looked at
      : PictureView(image.bgr.data(), image.width, image.height, 3 * static_cast<std::size_t>(image.width)) {}
  const std::uint8_t* row(int y) const { return bytes + stride * static_cast<std::size_t>(y); }
};

}  // namespace cumulet::vision
