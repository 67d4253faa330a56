#include "fuzz/fuzz.hpp"
#include "vision/detect/onnx_model.hpp"
#include "vision/detect/yunet_network.hpp"

// Whatever the file holds: it is read to its end and no further, and every number of a tensor of floats is there.
CUMULET_FUZZ(bytes) {
  using namespace cumulet::vision;
  (void)read_yunet(bytes);
  const auto model = OnnxModel::read(bytes);
  if (!model.ok()) return;
  for (const auto input : model->inputs()) CUMULET_HOLDS(model->tensor(input) == nullptr);
  const OnnxTensor* tensor = model->tensor("w");
  if (tensor == nullptr || tensor->kind != OnnxTensor::Kind::floats) return;
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < tensor->count(); ++i) numbers += tensor->at(i) == tensor->at(i) ? 1 : 0;
  CUMULET_HOLDS(numbers <= tensor->raw.size() / sizeof(float));
}
