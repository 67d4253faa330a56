#pragma once
#include <string>

#include "base/json.hpp"
#include "vision/pipeline/detect_video.hpp"

// What `cumulet-vision serve` speaks on stdin and stdout: one JSON object a line (no line break inside), UTF-8.
//
// A request:
//   {"job":"detect-video","file":PATH, "model":PATH?, "interval_ms":N?, "longest_side":N?, "threads":N?, "raw":true?,
//    "far_side":N?}
//   {"job":"detect-image","bytes":N, "model":PATH?}   followed by exactly N bytes: the picture
// `model` is YuNet's ONNX file; without it the cascades are used. Requests are served one after the other until stdin
// ends.
//
// Each is answered by these lines, in this order:
//   {"event":"detector","name":"YuNet 2023mar","recall":"full"}       or "OpenCV cascades", "reduced"
//   {"event":"video","codec":..,"format":..,"duration_ms":..,"frame_rate":..,"width":..,"height":..,"color_range":..}
//   {"event":"progress","percent":N}                                   video: as it goes
//   {"event":"faces","faces":[FACE,..]}                                at most 500 a line, any number of lines
//   {"event":"done","faces":N,"frames":N,"duration_ms":N}              image: "width", "height" instead of the last two
// or, at any point instead of the rest:
//   {"event":"failed","code":C,"message":M}   C: UnsupportedMedia DamagedMedia ReadFailed InvalidImageFormat
//                                             ImageTooLarge NoDetector BadRequest
// A FACE is an array of numbers: [timestamp_ms, confidence, left, top, width, height, roll, yaw, pitch, brightness,
// sharpness, x, y of eyeLeft, eyeRight, nose, mouthLeft, mouthRight]; 21 numbers, or 6 where the detector has no
// landmarks (null where a number is not known). Ratios of the displayed picture, degrees, 0..100.
namespace cumulet::vision_program {

json::value face_json(const vision::TimedFace& timed, double aspect);

// Serves requests until the end of stdin; the exit status.
int serve();

}  // namespace cumulet::vision_program
