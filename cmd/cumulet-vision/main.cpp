// cumulet-vision: finds faces in media. `serve` is for the engine (protocol.hpp); `blur` does the whole work on a file
// at hand, without an engine.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <string>

#include "protocol.hpp"
#include "vision/pipeline/blur_video.hpp"

namespace {

using namespace cumulet;

constexpr ErrorKind kNoModel{"NoDetector", 500};

int fail(const Error& error) {
  std::cerr << error.message() << '\n';
  return 1;
}

std::string model_or_environment(const std::string& model) {
  const char* named = std::getenv("CUMULET_FACE_MODEL");
  return model.empty() && named != nullptr ? std::string(named) : model;
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

int blur(const std::string& in, const std::string& out, const std::string& model, const std::string& carry) {
  vision::FinderOptions find;
  auto choice = choose(model_or_environment(model));
  if (!choice.ok()) return fail(choice.error());
  find.detector = std::move(choice).value();
  std::cerr << "detector: " << find.detector.description() << '\n';
  auto asked = vision::parse_carry(carry);
  if (!asked.ok()) return fail(asked.error());
  vision::BlurOptions blur;
  blur.encode.carry = *asked;
  const auto report = vision::find_and_blur(in, out, find, blur);
  if (!report.ok()) return fail(report.error());
  std::cerr << report->frames << " frames, faces covered in " << report->covered_frames
            << "; looked at again: " << report->verification.looked_at << ", mended: " << report->verification.mended
            << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Finds and blurs faces in media"};
  app.set_version_flag("--version", CUMULET_VERSION);
  app.require_subcommand(1);
  app.add_subcommand("serve", "Answer requests on stdin (one JSON object a line)");
  std::string in, out, model, carry;
  auto* blur_command = app.add_subcommand("blur", "Blur every face of a video");
  blur_command->add_option("input", in, "The video (MP4, MOV)")->required();
  blur_command->add_option("output", out, "Where the result goes")->required();
  blur_command->add_option(
      "--carry", carry,
      "What else to carry over, with commas: location, data (streams), cover (art), video (further "
      "streams, whose faces stay)");
  auto* detector_command = app.add_subcommand("detector", "Say which detector would be used");
  for (auto* command : {blur_command, detector_command}) {
    command->add_option("--model", model, "YuNet's ONNX file (else CUMULET_FACE_MODEL, else OpenCV's cascades)");
  }
  CLI11_PARSE(app, argc, argv);
  if (blur_command->parsed()) return blur(in, out, model, carry);
  if (detector_command->parsed()) {
    const auto choice = choose(model_or_environment(model));
    if (!choice.ok()) return fail(choice.error());
    std::cout << "detector: " << choice->description() << '\n';
    return 0;
  }
  return vision_program::serve();
}
