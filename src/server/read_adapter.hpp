#pragma once
#include "readapi/sources.hpp"
#include "services/lambda/service.hpp"
#include "services/rekognition/service.hpp"
#include "services/sqs/service.hpp"

namespace cumulet::server {

// What the read API tells of functions, queues and face jobs. All of it must outlive the sources.
readapi::Sources read_sources(events::Feed& feed, const events::Journal& journal, const events::Sums& sums,
                              const lambda::Lambda& lambda, const sqs::Sqs& sqs,
                              const rekognition::Rekognition& rekognition);

}  // namespace cumulet::server
