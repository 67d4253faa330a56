#include "services/rekognition/errors.hpp"
#include "services/rekognition/service.hpp"

namespace cumulet::rekognition {

wire::ServiceDescriptor describe(Rekognition& rekognition) {
  using wire::operation;
  wire::ServiceDescriptor service;
  service.name = "rekognition";
  service.target_prefix = "RekognitionService";
  service.api_version = "2016-06-27";
  service.protocols = {wire::Protocol::aws_json_1_1};
  service.validation_error = &kValidation;
  service.operations.push_back(operation("StartFaceDetection", rekognition, &Rekognition::start_face_detection));
  service.operations.push_back(operation("GetFaceDetection", rekognition, &Rekognition::get_face_detection));
  service.operations.push_back(operation("DetectFaces", rekognition, &Rekognition::detect_faces));
  return service;
}

}  // namespace cumulet::rekognition
