#include "vision/track/tracks_file.hpp"

#include <gtest/gtest.h>

namespace cumulet::vision {
namespace {

TracksFile file() {
  TracksFile file;
  file.width = 640, file.height = 360, file.frame_rate = 25, file.duration_ms = 8640, file.detector = "a detector";
  TimedFace face;
  face.timestamp_ms = 40, face.track = 2;
  face.face.box = {-0.05, 0.2, 0.1, 0.3};
  face.face.roll = -91.5;
  face.face.confidence = 88;
  file.faces.push_back(face);
  return file;
}

TEST(TracksFile, IsReadAsItWasWritten) {
  const auto read = parse_tracks_text(json::text(to_json(file())));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->width, 640);
  EXPECT_EQ(read->duration_ms, 8640);
  EXPECT_EQ(read->detector, "a detector");
  ASSERT_EQ(read->faces.size(), 1U);
  EXPECT_EQ(read->faces[0].track, 2);
  EXPECT_EQ(read->faces[0].timestamp_ms, 40);
  EXPECT_DOUBLE_EQ(read->faces[0].face.box.left, -0.05);
  EXPECT_DOUBLE_EQ(read->faces[0].face.roll.value_or(0), -91.5);
  EXPECT_DOUBLE_EQ(read->faces[0].face.confidence, 88);
}

TEST(TracksFile, WhatIsWrongIsSaid) {
  const std::string good = json::text(to_json(file()));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    const auto read = parse_tracks_text(text.replace(at, from.size(), to));
    EXPECT_FALSE(read.ok()) << to;
    return read.ok() ? std::string() : read.error().message();
  };
  EXPECT_EQ(with("cumulet-tracks", "other"),
            "The tracks file is not usable: it does not say \"format\": \"cumulet-tracks\".");
  EXPECT_NE(with("\"version\":1", "\"version\":2").find("\"version\" is not 1"), std::string::npos);
  EXPECT_NE(with("\"width\":640", "\"width\":-1").find("\"width\" is out of range"), std::string::npos);
  EXPECT_NE(with("\"id\":2", "\"id\":0").find("below 1"), std::string::npos);
  EXPECT_NE(with("\"faces\":[[40,", "\"faces\":[[-1,").find("a face of track 2 has no possible time"),
            std::string::npos);
  EXPECT_NE(with("\"faces\":[[40,", "\"faces\":[[\"x\",").find("no number"), std::string::npos);
  EXPECT_NE(with("\"faces\":[[40,", "\"faces\":[[40,1,").find("is no list of"), std::string::npos);
  EXPECT_FALSE(parse_tracks_text("{").ok());
  EXPECT_FALSE(parse_tracks_text("[]").ok());
  EXPECT_FALSE(parse_tracks_text("").ok());
}

}  // namespace
}  // namespace cumulet::vision
