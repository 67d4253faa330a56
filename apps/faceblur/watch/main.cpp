// faceblur-watch VIDEO INPUT_BUCKET OUTPUT_BUCKET: one video through FaceBlur, on the engine or on AWS, wherever the
// standard AWS variables lead.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <thread>

#include "apps/faceblur/watch/watch.hpp"
#include "base/terminal.hpp"

int main(int argc, char** argv) {
  using namespace cumulet;
  faceblur::WatchRequest request{.video = {}, .input_bucket = {}, .output_bucket = {}, .folder = "."};
  long timeout = request.timeout.count();
  ::CLI::App app{"Sends a video through FaceBlur, shows each step as it happens, and fetches the result",
                 "faceblur-watch"};
  app.add_option("video", request.video, "An .mp4 or .mov file")->required()->check(::CLI::ExistingFile);
  app.add_option("input-bucket", request.input_bucket, "Where it is uploaded to")->required();
  app.add_option("output-bucket", request.output_bucket, "Where the result appears")->required();
  app.add_option("--out", request.folder, "Folder for the result")->capture_default_str();
  app.add_option("--timeout", timeout, "Seconds to wait for the result")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  request.timeout = Seconds{timeout};

  const auto began = std::chrono::steady_clock::now();
  const auto tell = [&](const std::string& line) {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - began;
    std::printf("%7.2f s  %s\n", since.count(), printable(line).c_str());
    std::fflush(stdout);
  };
  auto client = sdk::Client::create();
  if (!client.ok()) {
    std::fprintf(stderr, "faceblur-watch: %s\n", printable(client.error().message()).c_str());
    return 1;
  }
  const SystemClock clock;
  faceblur::WatchPorts ports{.client = *client,
                             .clock = clock,
                             .pause = [](Milliseconds time) { std::this_thread::sleep_for(time); },
                             .tell = tell};
  const auto watched = faceblur::watch(ports, request);
  if (!watched.ok()) {
    std::fflush(stdout);
    std::fprintf(stderr, "faceblur-watch: %s\n", printable(watched.error().message(), LineEnds::kept).c_str());
    return 1;
  }
  std::printf("\nexecution  %s\ndetector   %s, recall: %s\n", printable(watched->execution_arn).c_str(),
              printable(watched->detection.detector).c_str(), printable(watched->detection.recall).c_str());
  if (watched->detection.recall == "reduced")
    std::printf(
        "           *** recall: reduced *** faces may have been missed (no YuNet model): look before you publish\n");
  std::printf("result     %s\n", printable(watched->result.native()).c_str());
  return 0;
}
