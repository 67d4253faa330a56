#pragma once
#include "sdk/client.hpp"
#include "sdk/runtime/lambda.hpp"

namespace cumulet::faceblur {

// {"job_id", "s3_object_bucket", "s3_object_key"} -> {"statusCode": 200, "body": {the same, "job_status"}}. A job that
// failed is an answer, not an error: "status_message" says why, and "Error" and "Cause" beside "body" are what the
// machine's Fail state shows: "Superseded" where the video was replaced or deleted before the job saw it.
sdk::InvocationResponse check_job_status(sdk::Client& client, const sdk::InvocationRequest& request);

}  // namespace cumulet::faceblur
