#include <gtest/gtest.h>

#include "chat/media.hpp"
#include "chat/model.hpp"
#include "chat/presence.hpp"
#include "chat/rate_limit.hpp"

namespace cumulet::chat {
namespace {

constexpr TimePoint kStart = from_millis(1'800'000'000'000);

TEST(RateLimit, ABurstThenOneASecond) {
  RateLimit limit;
  for (int i = 0; i < RateLimit::kBurst; ++i) EXPECT_FALSE(limit.take(1, kStart));
  EXPECT_EQ(limit.take(1, kStart), Seconds{1});
  EXPECT_EQ(limit.take(1, kStart + Milliseconds{900}), Seconds{1});
  EXPECT_FALSE(limit.take(2, kStart));  // another chat
  EXPECT_FALSE(limit.take(1, kStart + Seconds{1}));
  EXPECT_TRUE(limit.take(1, kStart + Seconds{1}));
}

TEST(RateLimit, ThirtyASecondInAll) {
  RateLimit limit;
  for (int i = 0; i < RateLimit::kPerSecond; ++i) EXPECT_FALSE(limit.take(i, kStart));
  EXPECT_EQ(limit.take(1000, kStart), Seconds{1});
  EXPECT_FALSE(limit.take(1000, kStart + Milliseconds{40}));
}

TEST(RateLimit, AClockThatGoesBackStopsNobody) {
  RateLimit limit;
  EXPECT_FALSE(limit.take(1, kStart));
  EXPECT_FALSE(limit.take(1, kStart - Seconds{3600}));
}

TEST(Presence, WhoPollsIsThere) {
  Presence presence;
  const Presence::Time start{std::chrono::hours{1}};
  EXPECT_FALSE(presence.is_connected(start));
  presence.poll_began();
  EXPECT_TRUE(presence.is_connected(start + std::chrono::hours{1}));
  presence.poll_answered(start);
  EXPECT_TRUE(presence.is_connected(start + Presence::kAfterAnswer - Milliseconds{1}));
  EXPECT_FALSE(presence.is_connected(start + Presence::kAfterAnswer));
  presence.poll_began();
  presence.poll_began();
  presence.poll_lost(start);
  EXPECT_TRUE(presence.is_connected(start + std::chrono::hours{1}));
  presence.poll_lost(start);
  EXPECT_FALSE(presence.is_connected(start + Presence::kAfterLoss));
}

TEST(Files, NamesAreNoPaths) {
  EXPECT_EQ(clean_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(clean_file_name("C:\\films\\a.mp4"), "a.mp4");
  EXPECT_EQ(clean_file_name("a\r\nb\x7f.mp4"), "ab.mp4");
  EXPECT_EQ(clean_file_name(std::string(198, 'x') + "€€").size(), 198u);  // cut between characters
  EXPECT_EQ(mime_type_of("A.MP4"), "video/mp4");
  EXPECT_EQ(mime_type_of("mp4"), "application/octet-stream");
}

TEST(Files, PathsAreMadeOfNumbersAndSafeExtensions) {
  File file;
  file.number = 7;
  file.kind = FileKind::video;
  for (const auto& [name, path] :
       std::initializer_list<std::pair<const char*, const char*>>{{"a.mov", "videos/file_7.mov"},
                                                                  {"a", "videos/file_7.mp4"},
                                                                  {"a.", "videos/file_7.mp4"},
                                                                  {"a.m/../x", "videos/file_7.mp4"},
                                                                  {"a.é", "videos/file_7.mp4"},
                                                                  {"a.toolongtobetrue", "videos/file_7.mp4"}}) {
    file.name = name;
    EXPECT_EQ(file_path_of(file), path);
  }
}

}  // namespace
}  // namespace cumulet::chat
