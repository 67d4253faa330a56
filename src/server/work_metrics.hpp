#pragma once
#include <vector>

#include "gateway/metrics.hpp"
#include "services/lambda/service.hpp"
#include "services/sqs/service.hpp"

namespace cumulet::server {

// How much there is to do and who does it: the backlog of each queue, the batches of each event source mapping, the
// execution environments of each function. On the I/O thread.
std::vector<gateway::Gauge> work_gauges(const sqs::Sqs& sqs, const lambda::Lambda& lambda);

}  // namespace cumulet::server
