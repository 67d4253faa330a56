// Packages that are cut, lie about themselves or lead elsewhere.
#include "archive/unpack_zip.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <vector>

#include "archive/zip_directory.hpp"
#include "base/ids.hpp"

namespace cumulet::archive {
namespace {

namespace fs = std::filesystem;

constexpr Limits kLimits{1 << 20, 1000};
constexpr std::uint32_t kRegular = 0100644u << 16, kLink = 0120777u << 16;

void put(std::string& out, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i));
}
void set(std::string& out, std::size_t at, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) out[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
  }
  return ~crc;
}

// A zip of stored members, written by hand so that each of its fields can lie.
struct Zip {
  struct Member {
    std::string name, content;
    std::uint32_t mode = kRegular;
  };
  explicit Zip(std::vector<Member> members) {
    for (const Member& m : members) {
      locals.push_back(bytes.size());
      const std::uint32_t crc = crc32(m.content);
      put(bytes, 0x04034b50, 4);
      for (const int field : {20, 0, 0, 0, 0x21}) put(bytes, static_cast<std::uint64_t>(field), 2);
      for (const std::uint64_t field : {std::uint64_t{crc}, m.content.size(), m.content.size()}) put(bytes, field, 4);
      put(bytes, m.name.size(), 2);
      put(bytes, 0, 2);
      bytes += m.name + m.content;
      crcs.push_back(crc);
    }
    directory = bytes.size();
    for (std::size_t i = 0; i < members.size(); ++i) {
      const Member& m = members[i];
      centrals.push_back(bytes.size());
      put(bytes, 0x02014b50, 4);
      for (const int field : {0x0314, 20, 0, 0, 0, 0x21}) put(bytes, static_cast<std::uint64_t>(field), 2);
      for (const std::uint64_t field : {std::uint64_t{crcs[i]}, m.content.size(), m.content.size()})
        put(bytes, field, 4);
      put(bytes, m.name.size(), 2);
      for (int j = 0; j < 4; ++j) put(bytes, 0, 2);
      put(bytes, m.mode, 4);
      put(bytes, locals[i], 4);
      bytes += m.name;
    }
    end = bytes.size();
    put(bytes, 0x06054b50, 4);
    put(bytes, 0, 4);
    put(bytes, members.size(), 2);
    put(bytes, members.size(), 2);
    put(bytes, end - directory, 4);
    put(bytes, directory, 4);
    put(bytes, 0, 2);
  }
  std::string bytes;
  std::vector<std::size_t> locals, centrals;
  std::vector<std::uint32_t> crcs;
  std::size_t directory = 0, end = 0;
};

Zip two() { return Zip({{"bootstrap", "#!/bin/sh\n"}, {"data/text", "some text"}}); }

class UnpackZip : public ::testing::Test {
 protected:
  UnpackZip() { fs::create_directories(folder); }
  ~UnpackZip() override { fs::remove_all(folder); }
  void refused(const std::string& zip, const std::string& what) {
    const auto done = unpack_zip(zip, folder / "code/one", kLimits);
    ASSERT_FALSE(done.ok()) << what;
    EXPECT_TRUE(done.error().is(kBroken)) << what << ": " << done.error().message();
    EXPECT_FALSE(fs::exists(folder / "code/one")) << what;
  }
  // The zip after `lie` changed its bytes.
  void refused(const std::function<void(Zip&)>& lie, const std::string& what) {
    Zip zip = two();
    lie(zip);
    refused(zip.bytes, what);
  }
  fs::path folder = fs::temp_directory_path() / ("cumulet-package-" + uuid4());
};

TEST_F(UnpackZip, AWholeOneIsUnpacked) {
  ASSERT_TRUE(unpack_zip(two().bytes, folder / "code/one", kLimits).ok());
  EXPECT_TRUE(fs::exists(folder / "code/one/data/text"));
}

// As Python's zipfile and others write them: flag 0x800 says that the name is UTF-8. Older ones say nothing.
TEST_F(UnpackZip, NamesMayHoldOtherThanAsciiLetters) {
  for (const unsigned flags : {0x800u, 0u}) {
    Zip zip({{"h\u00e4user/\u65e5\u672c.txt", "some text"}, {"\u00e9t\u00e9", "\u65e5\u672c.txt", kLink}});
    for (const std::size_t at : zip.locals) set(zip.bytes, at + 6, flags, 2);
    for (const std::size_t at : zip.centrals) set(zip.bytes, at + 8, flags, 2);
    const fs::path to = folder / "code" / std::to_string(flags);
    const auto done = unpack_zip(zip.bytes, to, kLimits);
    ASSERT_TRUE(done.ok()) << flags << ": " << done.error().message();
    EXPECT_TRUE(fs::exists(to / "h\u00e4user/\u65e5\u672c.txt")) << flags;
    EXPECT_EQ(fs::read_symlink(to / "\u00e9t\u00e9"), fs::path("\u65e5\u672c.txt")) << flags;
  }
}

TEST_F(UnpackZip, OneThatIsCutAnywhereIsRefused) {
  const std::string whole = two().bytes;
  for (std::size_t size = 0; size < whole.size(); ++size) refused(whole.substr(0, size), std::to_string(size));
}

TEST_F(UnpackZip, OneThatLiesIsRefused) {
  refused([](Zip& z) { set(z.bytes, z.end + 10, 3, 2), set(z.bytes, z.end + 8, 3, 2); }, "more members than there are");
  refused([](Zip& z) { set(z.bytes, z.end + 10, 1, 2), set(z.bytes, z.end + 8, 1, 2); }, "fewer members");
  refused([](Zip& z) { set(z.bytes, z.end + 8, 1, 2); }, "members on another disk");
  refused([](Zip& z) { set(z.bytes, z.end + 12, z.end - z.directory - 1, 4); }, "a smaller directory");
  refused([](Zip& z) { set(z.bytes, z.end + 16, z.directory + 1, 4); }, "a directory elsewhere");
  refused([](Zip& z) { z.bytes += "more"; }, "bytes behind");
  refused([](Zip& z) { z.bytes.insert(0, "PK"); }, "bytes in front");
  refused([](Zip& z) { z.bytes[z.locals[1] + 30] ^= 1; }, "another name in the member's own header");
  refused([](Zip& z) { set(z.bytes, z.locals[1] + 22, 1, 4); }, "another size in the member's own header");
  refused([](Zip& z) { set(z.bytes, z.locals[0] + 8, 8, 2); }, "another method in the member's own header");
  refused([](Zip& z) { set(z.bytes, z.centrals[1] + 42, z.locals[0], 4); }, "another member's place");
  refused([](Zip& z) { set(z.bytes, z.centrals[1] + 42, 0xfffffff0, 4); }, "a place outside");
  refused([](Zip& z) { set(z.bytes, z.centrals[1] + 20, 4000, 4), set(z.bytes, z.locals[1] + 18, 4000, 4); },
          "more bytes than there are");
  refused([](Zip& z) { set(z.bytes, z.centrals[1] + 8, 1, 2), set(z.bytes, z.locals[1] + 6, 1, 2); }, "encrypted");
  refused([](Zip& z) { z.bytes[z.directory - 1] ^= 1; }, "content with another checksum");
}

TEST_F(UnpackZip, MembersMayNotShareBytes) {
  Zip zip({{"a", "content"}, {"a", "content"}});
  EXPECT_TRUE(is_whole_zip(zip.bytes));
  set(zip.bytes, zip.centrals[1] + 42, zip.locals[0], 4);
  refused(zip.bytes, "two members of the same bytes");
}

TEST_F(UnpackZip, Zip64IsReadAndCheckedAlike) {
  const auto with_zip64 = [](std::uint64_t entries, std::uint64_t offset_error) {
    Zip zip = two();
    std::string end = zip.bytes.substr(zip.end);
    zip.bytes.resize(zip.end);
    put(zip.bytes, 0x06064b50, 4);
    put(zip.bytes, 44, 8);
    put(zip.bytes, 45, 2);
    put(zip.bytes, 45, 2);
    put(zip.bytes, 0, 8);
    put(zip.bytes, entries, 8);
    put(zip.bytes, entries, 8);
    put(zip.bytes, zip.end - zip.directory, 8);
    put(zip.bytes, zip.directory + offset_error, 8);
    put(zip.bytes, 0x07064b50, 4);
    put(zip.bytes, 0, 4);
    put(zip.bytes, zip.end, 8);
    put(zip.bytes, 1, 4);
    set(end, 8, 0xffff, 2);
    set(end, 10, 0xffff, 2);
    set(end, 12, 0xffffffff, 4);
    set(end, 16, 0xffffffff, 4);
    return zip.bytes + end;
  };
  EXPECT_TRUE(unpack_zip(with_zip64(2, 0), folder / "code/large", kLimits).ok());
  refused(with_zip64(3, 0), "zip64: more members");
  refused(with_zip64(std::uint64_t{1} << 40, 0), "zip64: very many members");
  refused(with_zip64(2, 1), "zip64: a directory elsewhere");
  refused(with_zip64(2, ~std::uint64_t{0} - 50), "zip64: a directory at the end of numbers");
}

// Each link points inside; one through the other leads to the folder beside, where other functions' code lies.
TEST_F(UnpackZip, LinksThatLeadOutsideTogetherAreNoWayOut) {
  refused(Zip({{"p/q/up", "../..", kLink}, {"out", "p/q/up/..", kLink}, {"out/evil", "x"}}).bytes, "a file");
  EXPECT_FALSE(fs::exists(folder / "code/evil"));
  EXPECT_FALSE(fs::exists(folder / "evil"));
  refused(Zip({{"p/q/up", "../..", kLink}, {"out", "p/q/up/..", kLink}, {"out/evil", "/etc", kLink}}).bytes, "a link");
  refused(Zip({{"p/q/up", "../..", kLink}, {"out", "p/q/up/..", kLink}, {"out/evil/", "", 0040755u << 16}}).bytes,
          "a folder");
  EXPECT_FALSE(fs::exists(folder / "code/evil"));
}

}  // namespace
}  // namespace cumulet::archive
