#include "services/cloudwatch/errors.hpp"
#include "services/cloudwatch/service.hpp"

namespace cumulet::cloudwatch {

wire::ServiceDescriptor describe(CloudWatch& cloudwatch) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "monitoring";
  service.target_prefix = "GraniteServiceVersion20100801";
  service.api_version = "2010-08-01";
  service.xml_namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/";
  // AWS SDKs of today use JSON, those before Query; the request says which. Not the third, Smithy's RPC in CBOR.
  service.protocols = {wire::Protocol::aws_json_1_0, wire::Protocol::query};
  service.validation_error = &kValidationError;
  service.operations.push_back(operation("GetMetricData", cloudwatch, &CloudWatch::get_metric_data));
  service.operations.push_back(operation("GetMetricStatistics", cloudwatch, &CloudWatch::get_metric_statistics));
  service.operations.push_back(operation("ListMetrics", cloudwatch, &CloudWatch::list_metrics));
  return service;
}

}  // namespace cumulet::cloudwatch
