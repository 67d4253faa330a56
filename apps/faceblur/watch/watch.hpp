#pragma once
#include <filesystem>
#include <functional>
#include <string>

#include "apps/faceblur/watch/history.hpp"
#include "sdk/client.hpp"

namespace cumulet::faceblur {

struct WatchRequest {
  std::filesystem::path video;
  std::string input_bucket;
  std::string output_bucket;
  std::filesystem::path folder;  // the result goes to folder/NAME
  Seconds timeout{1800};
};

struct Watched {
  std::string execution_arn;
  Detection detection;
  std::filesystem::path result;
};

// What watching uses from outside: the cloud, time, and somebody to tell.
struct WatchPorts {
  sdk::Client& client;
  const Clock& clock;
  std::function<void(Milliseconds)> pause;
  std::function<void(const std::string&)> tell;  // one line for each step, as it happens
};

// Uploads the video, follows the chain that its event starts — the function's log, the execution's history, the
// blurring function's percent — and downloads the result. Error: kNoResult with the cause; the functions' last log
// lines were told.
Result<Watched> watch(WatchPorts& ports, const WatchRequest& request);

inline constexpr ErrorKind kNoResult{"NoResult", 0};

}  // namespace cumulet::faceblur
