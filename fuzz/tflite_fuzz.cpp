#include "fuzz/fuzz.hpp"
#include "vision/model/full_range_model.hpp"
#include "vision/model/tflite.hpp"

// Whatever the file holds: it is read to its end and no further, and what is read keeps its promises.
CUMULET_FUZZ(bytes) {
  using namespace cumulet::vision;
  (void)read_full_range(bytes);
  const auto graph = read_tflite(bytes);
  if (!graph.ok()) return;
  const int count = static_cast<int>(graph->tensors.size());
  for (const TfliteTensor& tensor : graph->tensors) {
    std::size_t numbers = 1;
    for (const int side : tensor.shape) numbers *= static_cast<std::size_t>(side);
    const auto values = constant_numbers(tensor);
    CUMULET_HOLDS(values.empty() || values.size() == numbers);
    CUMULET_HOLDS(values.size() <= tensor.bytes.size());
  }
  for (const TfliteOperator& made : graph->operators) {
    for (const int tensor : made.inputs) CUMULET_HOLDS(tensor >= -1 && tensor < count);
    for (const int tensor : made.outputs) CUMULET_HOLDS(tensor >= -1 && tensor < count);
  }
}
