// One look of YuNet: own engine, on each instruction set that this processor has, against OpenCV's cv::dnn.
//
//   yunet_bench MODEL [LOOKS]
//
// MODEL is face_detection_yunet_2023mar.onnx. All answer the same picture, and their answers are compared before
// anything is timed. Then all of them look in turn, LOOKS times (40), on one thread: medians of CPU time, in
// milliseconds. Other programs disturb the milliseconds, and hardly the ratios.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <string>
#include <vector>

#include "vision/detect/yunet_network.hpp"

namespace {

using namespace cumulet::vision;

double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// Waves of several lengths and noise.
cv::Mat picture(int width, int height) {
  cv::Mat image(height, width, CV_8UC3);
  cv::theRNG().state = 1;
  cv::randu(image, 0, 60);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double wave = std::sin(x / (7.0 + 11 * c)) + std::cos(y / (23.0 - 5 * c));
        image.at<cv::Vec3b>(y, x)[c] += static_cast<unsigned char>(90 + 45 * wave);
      }
    }
  }
  return image;
}

struct Contender {
  std::string name;
  std::function<void()> look;
  std::vector<double> times = {};
};

// The largest difference of a face's logit, over all cells, as probabilities.
double difference(const YuNetCells& cells, const std::vector<cv::Mat>& wanted) {
  double worst = 0;
  for (std::size_t level = 0; level < cells.size(); ++level) {
    const rows::FeatureMap& map = cells[level];
    const auto* cls = wanted[level].ptr<float>();
    for (int cell = 0; cell < map.shape.height * map.shape.width; ++cell) {
      const double mine = 1 / (1 + std::exp(-map.floats[static_cast<std::size_t>(cell) * map.shape.pixel()]));
      worst = std::max(worst, std::abs(mine - cls[cell]));
    }
  }
  return worst;
}

void run(const YuNetWeights& weights, cv::dnn::Net& net, int width, int height, int looks) {
  const cv::Mat image = picture(width, height);
  std::vector<cv::Mat> outputs;
  std::vector<Contender> contenders{{"cv::dnn", [&] {
                                       net.setInput(cv::dnn::blobFromImage(image));
                                       net.forward(outputs, std::vector<cv::String>{"cls_8", "cls_16", "cls_32"});
                                     }}};
  contenders[0].look();
  rows::Workspace workspace;
  for (const std::string& set : rows::instruction_sets()) {
    contenders.push_back({"own, " + set, [&, set] {
                            rows::use_instruction_set(set);
                            workspace.rewind();
                            run_yunet(weights, {image.data, width, height, image.step}, workspace);
                          }});
    rows::use_instruction_set(set);
    workspace.rewind();
    const double worst = difference(run_yunet(weights, {image.data, width, height, image.step}, workspace), outputs);
    if (!(worst < 1e-4)) {
      std::fprintf(stderr, "yunet_bench: %s differs from cv::dnn by %g at %dx%d\n", set.c_str(), worst, width, height);
      std::exit(1);
    }
  }
  for (int i = 0; i < looks + 2; ++i) {
    for (Contender& contender : contenders) {
      contender.look();  // what another left in the caches is not counted
      const double start = cpu_milliseconds();
      contender.look();
      if (i >= 2) contender.times.push_back(cpu_milliseconds() - start);
    }
  }
  for (const Contender& contender : contenders) {
    const double mine = median(contender.times), rival = median(contenders[0].times);
    std::printf("%4dx%-4d %-12s %8.3f ms  %5.2f times as fast\n", width, height, contender.name.c_str(), mine,
                rival / mine);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: yunet_bench MODEL [LOOKS]\n");
    return 2;
  }
  const double start = cpu_milliseconds();
  const auto weights = load_yunet(argv[1]);
  if (!weights.ok()) {
    std::fprintf(stderr, "yunet_bench: %s\n", weights.error().message().c_str());
    return 1;
  }
  const double loaded = cpu_milliseconds();
  cv::dnn::Net net = cv::dnn::readNetFromONNX(argv[1]);
  std::printf("loading: own %.2f ms, cv::dnn %.2f ms\n", loaded - start, cpu_milliseconds() - loaded);
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  cv::setNumThreads(1);
  const int sizes[][2] = {{640, 384}, {320, 192}, {960, 544}, {128, 128}};
  for (const auto& [width, height] : sizes) run(**weights, net, width, height, argc > 2 ? std::atoi(argv[2]) : 40);
}
