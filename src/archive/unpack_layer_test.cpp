// Layers as tools make them, and such as nobody should have made.
#include "archive/unpack_layer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/ids.hpp"
#include "base/sha256.hpp"

namespace cumulet::archive {
namespace {

namespace fs = std::filesystem;

constexpr LayerLimits kLimits{{1 << 20, 1000}, 8 << 20};

struct Member {
  std::string name;
  char type = '0';  // '0' file, '1' hard link, '2' symbolic link, '3' and '4' devices, '5' folder, '6' pipe
  std::string content = {};
  std::string target = {};
  unsigned mode = 0644;
  unsigned long long claimed = ~0ull;  // size in the header; else the content's
};

// A member's header by hand, so that each field can lie.
std::string header(const Member& m) {
  std::string block(512, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { block.replace(at, text.size(), text); };
  const auto octal = [&](std::size_t at, int width, unsigned long long value) {
    char text[32];
    std::snprintf(text, sizeof text, "%0*llo", width, value);
    put(at, text);
  };
  put(0, m.name.substr(0, 100));
  octal(100, 7, m.mode);
  octal(108, 7, 0);
  octal(116, 7, 0);
  octal(124, 11, m.claimed != ~0ull ? m.claimed : m.content.size());
  octal(136, 11, 1'000'000'000);
  put(148, "        ");
  block[156] = m.type;
  put(157, m.target);
  put(257, std::string("ustar\0", 6) + "00");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  octal(148, 6, sum);
  block[154] = '\0';
  return block;
}

std::string tar(const std::vector<Member>& members) {
  std::string out;
  for (const Member& m : members) {
    out += header(m) + m.content;
    out.resize((out.size() + 511) / 512 * 512);
  }
  return out + std::string(1024, '\0');
}

std::string compressed(const std::string& bytes, const char* filter) {
  std::string out(bytes.size() + (1 << 20), '\0');
  std::size_t used = 0;
  ::archive* writer = archive_write_new();
  archive_write_add_filter_by_name(writer, filter);
  archive_write_set_format_raw(writer);
  archive_write_open_memory(writer, out.data(), out.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(writer, entry);
  archive_write_data(writer, bytes.data(), bytes.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  out.resize(used);
  return out;
}

class UnpackLayer : public ::testing::Test {
 protected:
  UnpackLayer() { fs::create_directories(root / "layers"); }
  ~UnpackLayer() override {
    for (const auto& entry : fs::recursive_directory_iterator(root))
      if (entry.is_directory() && !entry.is_symlink())
        fs::permissions(entry.path(), fs::perms::owner_all, fs::perm_options::add);
    fs::remove_all(root);
  }
  Result<Layer> unpack(const std::string& bytes, const LayerLimits& limits = kLimits) {
    std::size_t at = 0;
    const ByteSource source = [&]() -> Result<std::string_view> {
      const std::string_view piece = std::string_view(bytes).substr(at, 1000);
      at += piece.size();
      return piece;
    };
    return unpack_layer(source, layer, limits, Sync::none);
  }
  void refused(const std::string& bytes, const std::string& what, const ErrorKind& kind = kBroken) {
    const auto done = unpack(bytes);
    ASSERT_FALSE(done.ok()) << what;
    EXPECT_TRUE(done.error().is(kind)) << what << ": " << done.error().message();
    std::size_t entries = 0;
    for (const auto& entry : fs::directory_iterator(root)) entries += entry.path() != layer.parent_path();
    for (const auto& entry : fs::directory_iterator(root / "layers")) entries += !entry.path().empty();
    EXPECT_EQ(entries, 0u) << what;
  }
  std::string text(const char* name) const {
    std::ifstream in(layer / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  unsigned mode(const char* name) const {
    struct stat info {};
    EXPECT_EQ(::lstat((layer / name).c_str(), &info), 0) << name;
    return info.st_mode & 07777;
  }
  const fs::path root = fs::temp_directory_path() / ("cumulet-layer-" + uuid4());
  const fs::path layer = root / "layers/one";
};

TEST_F(UnpackLayer, FilesFoldersAndLinks) {
  const std::string bytes = tar({{"./", '5'},
                                 {"bin/", '5', "", "", 0755},
                                 {"bin/tool", '0', "#!/bin/sh\n", "", 0755},
                                 {"bin/alias", '1', "", "bin/tool"},
                                 {"lib", '2', "", "/usr/lib"},
                                 {"up", '2', "", "../../../etc/passwd"},
                                 {"deep/er/file", '0', "text"},
                                 {"etc/.wh.motd", '0'},
                                 {"var/.wh..wh..opq", '0'}});
  const auto done = unpack(bytes);
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_EQ(done->diff_id, "sha256:" + sha256_hex(bytes));
  EXPECT_EQ(done->bytes, 14u);
  EXPECT_EQ(text("bin/tool"), "#!/bin/sh\n");
  EXPECT_TRUE(fs::equivalent(layer / "bin/tool", layer / "bin/alias"));
  EXPECT_EQ(fs::hard_link_count(layer / "bin/tool"), 2u);
  EXPECT_EQ(fs::read_symlink(layer / "lib"), "/usr/lib");
  EXPECT_EQ(fs::read_symlink(layer / "up"), "../../../etc/passwd");
  EXPECT_TRUE(fs::exists(layer / "etc/.wh.motd"));
  EXPECT_TRUE(fs::exists(layer / "var/.wh..wh..opq"));
  struct stat info {};
  ASSERT_EQ(::stat((layer / "deep/er/file").c_str(), &info), 0);
  EXPECT_EQ(info.st_mtime, 1'000'000'000);
}

TEST_F(UnpackLayer, RightsAreAStrangers) {
  ASSERT_TRUE(unpack(tar({{"secret", '0', "x", "", 0600},
                          {"readable", '0', "x", "", 0644},
                          {"program", '0', "x", "", 0755},
                          {"setuid", '0', "x", "", 06755},
                          {"private/", '5', "", "", 0700},
                          {"tmp/", '5', "", "", 01777}}))
                  .ok());
  EXPECT_EQ(mode("secret"), 0u);
  EXPECT_EQ(mode("readable"), 0444u);
  EXPECT_EQ(mode("program"), 0555u);
  EXPECT_EQ(mode("setuid"), 0555u);
  EXPECT_EQ(mode("private"), 0700u);
  EXPECT_EQ(mode("tmp"), 0777u);
}

TEST_F(UnpackLayer, GzipAndZstd) {
  const std::string plain = tar({{"a", '0', std::string(100'000, 'a')}});
  for (const char* filter : {"gzip", "zstd"}) {
    const std::string bytes = compressed(plain, filter);
    ASSERT_LT(bytes.size(), plain.size());
    const auto done = unpack(bytes);
    ASSERT_TRUE(done.ok()) << filter << done.error().message();
    EXPECT_EQ(done->diff_id, "sha256:" + sha256_hex(plain));
    EXPECT_EQ(text("a").size(), 100'000u);
    fs::remove_all(layer);
  }
}

TEST_F(UnpackLayer, AnEmptyOneIsEmpty) {
  const auto done = unpack(tar({}));
  ASSERT_TRUE(done.ok()) << done.error().message();
  EXPECT_TRUE(fs::is_empty(layer));
}

TEST_F(UnpackLayer, TheLaterOfTwoWinsAndOtherNamesKeepTheirBytes) {
  ASSERT_TRUE(unpack(tar({{"a", '0', "first"},
                          {"b", '1', "", "a"},
                          {"a", '0', "second"},
                          {"c", '2', "", "a"},
                          {"c", '0', "third"}}))
                  .ok());
  EXPECT_EQ(text("a"), "second");
  EXPECT_EQ(text("b"), "first");
  EXPECT_EQ(text("c"), "third");
}

TEST_F(UnpackLayer, NothingLeadsOutside) {
  refused(tar({{"/etc/passwd", '0', "x"}}), "an absolute name");
  refused(tar({{"../evil", '0', "x"}}), "..");
  refused(tar({{"a/../../evil", '0', "x"}}), ".. in the middle");
  refused(tar({{"a", '2', "", "/"}, {"a/evil", '0', "x"}}), "through an absolute link");
  refused(tar({{"a", '2', "", ".."}, {"a/evil", '0', "x"}}), "through a link upwards");
  refused(tar({{"p/q/up", '2', "", "../.."}, {"out", '2', "", "p/q/up/.."}, {"out/evil", '0', "x"}}), "through two");
  refused(tar({{"a", '2', "", ".."}, {"a/", '5'}}), "a folder in a link's place");
  refused(tar({{"shadow", '1', "", "/etc/shadow"}}), "a hard link to outside");
  refused(tar({{"shadow", '1', "", "../../../../etc/shadow"}}), "a hard link upwards");
  refused(tar({{"etc", '2', "", "/etc"}, {"shadow", '1', "", "etc/shadow"}}), "a hard link through a link");
  refused(tar({{"a", '1', "", "not/there"}}), "a hard link to nothing");
  refused(tar({{"d/", '5'}, {"a", '1', "", "d"}}), "a hard link to a folder");
  refused(tar({{".", '2', "", "/etc"}}), "a link in the root's place");
  refused(tar({{"etc/.wh...", '0'}}), "a whiteout of ..");
  refused(tar({{"etc/.wh..", '0'}}), "a whiteout of .");
  refused(tar({{"etc/.wh.", '0'}}), "a whiteout of no name");
}

TEST_F(UnpackLayer, DevicesPipesAndOtherThingsAreRefused) {
  for (const char type : {'3', '4', '6'}) refused(tar({{"thing", type}}), std::string("type ") + type);
  refused(tar({{"d/f", '0', "x"}, {"d", '0', "x"}}), "a file in a folder's place");
  refused(tar({{"d", '0', "x"}, {"d/f", '0', "x"}}), "a folder in a file's place");
}

TEST_F(UnpackLayer, BombsAreRefused) {
  refused(compressed(tar({{"a", '0', std::string(2 << 20, '\0')}}), "gzip"), "a file over the limit", kTooLarge);
  refused(compressed(std::string(16 << 20, '\0'), "gzip"), "nothing, for long", kTooLarge);
  std::vector<Member> many(1001, Member{"a", '0'});
  refused(tar(many), "too many members", kTooMany);
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += "d/";
  std::vector<Member> folders;
  for (int i = 0; i < 30; ++i) folders.push_back({std::to_string(i) + "/" + deep + "f", '0'});
  refused(tar(folders), "folders that only names tell of", kTooMany);
  refused(tar({{"a", '0', "x", "", 0644, 0777'7777'7777}}), "a size of 8 GB", kTooLarge);
  refused(compressed(compressed(tar({{"a", '0', "x"}}), "gzip"), "gzip"), "gzip in gzip");
}

TEST_F(UnpackLayer, WhatIsDamagedIsRefused) {
  const std::string plain = tar({{"a", '0', std::string(5000, 'a')}, {"b", '0', "b"}});
  for (const std::size_t size : {1u, 100u, 511u, 513u, 3000u})
    refused(plain.substr(0, size), "cut at " + std::to_string(size));
  for (const char* filter : {"gzip", "zstd"}) {
    const std::string whole = compressed(plain, filter);
    refused(whole.substr(0, whole.size() / 2), std::string("half of a ") + filter);
  }
  refused("", "nothing");
  refused("this is no archive", "text");
  refused(std::string(3000, 'x'), "more text");
  std::string lied = plain;
  lied[148] ^= 1;
  refused(lied, "a wrong checksum");
}

TEST_F(UnpackLayer, ASourceThatFailsSaysWhy) {
  static constexpr ErrorKind kGone{"Gone", 500};
  int pieces = 0;
  const std::string bytes = tar({{"a", '0', std::string(5000, 'a')}});
  const ByteSource source = [&]() -> Result<std::string_view> {
    if (++pieces > 2) return Error{kGone, "the disk is gone"};
    return std::string_view(bytes).substr(static_cast<std::size_t>(pieces - 1) * 1000, 1000);
  };
  const auto done = unpack_layer(source, layer, kLimits, Sync::to_disk);
  ASSERT_FALSE(done.ok());
  EXPECT_TRUE(done.error().is(kGone)) << done.error().message();
}

}  // namespace
}  // namespace cumulet::archive
