// cumulet-vision: finds faces in media. `serve` is for the engine (protocol.hpp); `blur` does the whole work on a file
// at hand, without an engine; `find` writes its faces into a file that `blur --tracks` takes; `faces` says what it
// shows.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "base/user_data.hpp"
#include "protocol.hpp"
#include "vision/pipeline/blur_video.hpp"
#include "vision/pipeline/detect_video.hpp"
#include "vision/track/tracks_file.hpp"

namespace {

using namespace cumulet;

constexpr ErrorKind kNoModel{"NoDetector", 500};
constexpr ErrorKind kNoFile{"FileFailed", 500};
constexpr int kFacesShown = 3;  // exit status

int fail(const Error& error) {
  std::cerr << error.message() << '\n';
  return 1;
}

// The named model, else the environment's, else the kept one; empty: there is none.
std::string model_or_usual(const std::string& model) {
  if (!model.empty()) return model;
  if (const char* named = std::getenv("CUMULET_FACE_MODEL"); named != nullptr && *named != '\0') return named;
  auto kept = vision::kept_model(user_data_folder());
  if (!kept) kept = vision::kept_model(installed_data_folder());
  return kept ? kept->string() : std::string();
}

// Loaded once, so that a file that is no model is told of before a video is opened.
Result<vision::DetectorChoice> choose(const std::string& model) {
  auto choice = vision::choose_detector(model);
  if (choice.ok()) {
    const auto loaded = vision::make_detector(*choice);
    if (!loaded.ok()) choice = loaded.error();
  }
  if (choice.ok() || model.empty()) return choice;
  return Error{kNoModel, model + ": " + choice.error().message()};
}

struct Work {
  std::string in, out, model, carry, tracks;
};

Result<std::string> read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Error{kNoFile, path + " cannot be read."};
  return std::move(text).str();
}

// The faces that the tracks file tells, in a film of its length.
Result<vision::BlurReport> blur_tracks(const Work& work, vision::BlurOptions options) {
  CUMULET_TRY(const std::string text, read_whole(work.tracks));
  CUMULET_TRY(vision::TracksFile tracks, vision::parse_tracks_text(text));
  if (tracks.duration_ms > 0) options.expected_duration_ms = tracks.duration_ms;
  return vision::blur_video(work.in, work.out, std::move(tracks.faces), options);
}

// The original would be gone.
bool is_same_file(const std::string& a, const std::string& b) {
  std::error_code absent;
  return std::filesystem::equivalent(a, b, absent);
}

int blur(const Work& work) {
  if (is_same_file(work.in, work.out))
    return fail(Error{kNoFile, "The result would replace the video itself: name another file."});
  vision::FinderOptions find;
  auto choice = choose(model_or_usual(work.model));
  if (!choice.ok()) return fail(choice.error());
  find.detector = std::move(choice).value();
  std::cerr << "detector: " << find.detector.description() << '\n';
  auto asked = vision::parse_carry(work.carry);
  if (!asked.ok()) return fail(asked.error());
  vision::BlurOptions blur;
  blur.encode.carry = *asked;
  blur.detector = find.detector;
  const auto report =
      work.tracks.empty() ? vision::find_and_blur(work.in, work.out, find, blur) : blur_tracks(work, blur);
  if (!report.ok()) return fail(report.error());
  std::cerr << report->frames << " frames, faces covered in " << report->covered_frames
            << "; looked at again: " << report->verification.looked_at << ", mended: " << report->verification.mended
            << "\n";
  return 0;
}

// Writes the tracks file of a film.
int find(const Work& work) {
  vision::DetectOptions options;
  auto choice = choose(model_or_usual(work.model));
  if (!choice.ok()) return fail(choice.error());
  options.detector = std::move(choice).value();
  auto found = vision::detect_faces_in_video(work.in, options);
  if (!found.ok()) return fail(found.error());
  vision::TracksFile tracks;
  tracks.width = found->info.width;
  tracks.height = found->info.height;
  tracks.frame_rate = found->info.frame_rate;
  tracks.duration_ms = found->info.duration_ms;
  tracks.detector = options.detector.name();
  tracks.faces = std::move(found->faces);
  std::ofstream file(work.out, std::ios::binary);
  file << json::text(vision::to_json(tracks)) << '\n';
  file.close();
  if (!file) return fail(Error{kNoFile, work.out + " cannot be written."});
  std::cerr << tracks.faces.size() << " faces in " << found->info.frames << " frames\n";
  return 0;
}

// Each face of at least that confidence (0..100) that a frame shows, a line; the exit status says whether there is one.
int faces(const std::string& in, const std::string& model, double confidence) {
  vision::DetectOptions options;
  auto choice = choose(model_or_usual(model));
  if (!choice.ok()) return fail(choice.error());
  options.detector = std::move(choice).value();
  options.report = vision::Report::raw;
  auto found = vision::detect_faces_in_video(in, options);
  if (!found.ok()) return fail(found.error());
  std::erase_if(found->faces, [&](const vision::TimedFace& timed) { return timed.face.confidence < confidence; });
  for (const vision::TimedFace& timed : found->faces) {
    const vision::Box& box = timed.face.box;
    std::printf("%.2f s: left %.3f, top %.3f, width %.3f, height %.3f, confidence %.0f\n",
                static_cast<double>(timed.timestamp_ms) / 1000, box.left, box.top, box.width, box.height,
                timed.face.confidence);
  }
  std::cerr << found->faces.size() << " faces in " << found->info.frames << " frames\n";
  return found->faces.empty() ? 0 : kFacesShown;
}

}  // namespace

int main(int argc, char** argv) {
  // Pictures and frames go back to the system when they are freed: left to itself glibc comes to keep them.
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
  CLI::App app{"Finds and blurs faces in media"};
  app.set_version_flag("--version", CUMULET_VERSION);
  app.require_subcommand(1);
  app.add_subcommand("serve", "Answer requests on stdin (one JSON object a line)");
  Work work;
  auto* blur_command = app.add_subcommand("blur", "Blur every face of a video");
  blur_command->add_option("input", work.in, "The video (MP4, MOV)")->required();
  blur_command->add_option("output", work.out, "Where the result goes")->required();
  blur_command->add_option(
      "--carry", work.carry,
      "What else to carry over, with commas: location, data (streams), cover (art), video (further "
      "streams, whose faces stay)");
  blur_command->add_option("--tracks", work.tracks,
                           "Cover what this file says (docs/tracks.md) and look for no others");
  auto* find_command =
      app.add_subcommand("find", "Write where the faces of a video are, for people and for blur --tracks");
  find_command->add_option("input", work.in, "The video (MP4, MOV)")->required();
  find_command->add_option("tracks", work.out, "The tracks file (JSON) to write")->required();
  auto* detector_command = app.add_subcommand("detector", "Say which detector would be used");
  auto* faces_command =
      app.add_subcommand("faces", "Say where a video shows faces; the exit status is 3 where it does");
  faces_command->add_option("input", work.in, "The video (MP4, MOV)")->required();
  // By default only what no second look would doubt: of less, a frame shows some that are none.
  double confidence = 85;
  faces_command->add_option("--confidence", confidence, "The least that counts, 60 to 100 [85]")
      ->check(CLI::Range(60, 100));
  for (auto* command : {blur_command, find_command, detector_command, faces_command}) {
    command->add_option(
        "--model", work.model,
        "Face model: YuNet's or MediaPipe's file (else CUMULET_FACE_MODEL, else what scripts/setup.sh fetched)");
  }
  CLI11_PARSE(app, argc, argv);
  if (blur_command->parsed()) return blur(work);
  if (find_command->parsed()) return find(work);
  if (faces_command->parsed()) return faces(work.in, work.model, confidence);
  if (detector_command->parsed()) {
    const auto choice = choose(model_or_usual(work.model));
    if (!choice.ok()) return fail(choice.error());
    std::cout << "detector: " << choice->description() << '\n';
    return 0;
  }
  return vision_program::serve();
}
