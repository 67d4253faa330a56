#include "chat/multipart.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace cumulet::chat {
namespace {

using Event = MultipartParser::Event;

struct Part {
  std::string name, file_name, content_type, data;
  bool is_file = false, is_complete = false;
  bool operator==(const Part&) const = default;
};
struct Parsed {
  std::vector<Part> parts;
  Event last = Event::need_more;
};

Parsed parse(std::string_view bytes, std::string_view boundary, std::size_t step) {
  Parsed out;
  MultipartParser parser(boundary);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    parser.feed(bytes.substr(at, step));
    for (bool more = true; more;) {
      switch (out.last = parser.next()) {
        case Event::part:
          out.parts.push_back({parser.name(), parser.file_name(), parser.content_type(), {}, parser.is_file(), false});
          break;
        case Event::data: out.parts.back().data += parser.data(); break;
        case Event::part_end: out.parts.back().is_complete = true; break;
        case Event::need_more: more = false; break;
        case Event::end:
        case Event::failed: return out;
      }
    }
  }
  return out;
}

constexpr std::string_view kForm =
    "preamble\r\n--xyz \t\r\n"
    "Content-Disposition: form-data; name=\"text\"\r\n\r\n"
    "two\r\nlines, and --xyz inside\r\n--xy\r\n"
    "--xyz\r\n"
    "content-type: video/mp4\r\n"
    "Content-Disposition: form-data; name=\"video\"; filename=\"a \\\"b\\\" C:\\x.mp4\"\r\n\r\n"
    "\r\n\r\n--xyzz\r\n"
    "--xyz\r\n"
    "Content-Disposition: form-data; name=\"empty\"; filename=\"x\"; filename*=UTF-8''%e2%82%ac.txt\r\n\r\n"
    "\r\n--xyz--\r\nepilogue --xyz";

TEST(Multipart, PartsAreTheSameHoweverTheBytesArrive) {
  for (std::size_t step = 1; step <= kForm.size(); ++step) {
    const Parsed form = parse(kForm, "xyz", step);
    ASSERT_EQ(form.parts.size(), 2u) << step;
    EXPECT_EQ(form.last, Event::failed) << step;  // "--xyzz": a boundary, and something behind it
    EXPECT_EQ(form.parts[0].data, "two\r\nlines, and --xyz inside\r\n--xy");
    EXPECT_EQ(form.parts[1].file_name, "a \"b\" C:\\x.mp4");
    EXPECT_EQ(form.parts[1].content_type, "video/mp4");
  }
}

TEST(Multipart, EmptyPartsAndExtendedNames) {
  std::string form(kForm);
  form.replace(form.find("--xyzz"), 6, "-xyzz");
  for (std::size_t step = 1; step <= form.size(); ++step) {
    const Parsed parsed = parse(form, "xyz", step);
    ASSERT_EQ(parsed.last, Event::end) << step;
    ASSERT_EQ(parsed.parts.size(), 3u);
    EXPECT_EQ(parsed.parts[1].data, "\r\n\r\n-xyzz");
    EXPECT_EQ(parsed.parts[2], (Part{"empty", "€.txt", "", "", true, true}));
  }
}

TEST(Multipart, WhatIsNoFormFails) {
  EXPECT_EQ(parse("--b\r\nX: y\r\n\r\n", "b", 100).last, Event::failed);                // no name
  EXPECT_EQ(parse("--b junk\r\n", "b", 100).last, Event::failed);                       // behind a boundary
  EXPECT_EQ(parse("--b\r\n" + std::string(9000, 'x'), "b", 4096).last, Event::failed);  // header too long
  EXPECT_EQ(parse("--b" + std::string(300, ' '), "b", 10).last, Event::failed);         // padding too long
  EXPECT_EQ(parse("no boundary at all " + std::string(9000, '-'), "b", 7).last, Event::need_more);
}

TEST(Multipart, Boundaries) {
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(boundary_of("multipart/form-data; charset=utf-8; Boundary=\"a b;c\""), "a b;c");
  EXPECT_EQ(boundary_of("multipart/form-data"), "");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=\"open"), "");
  EXPECT_EQ(boundary_of("multipart/form-data; boundary=" + std::string(71, 'x')), "");
}

}  // namespace
}  // namespace cumulet::chat
