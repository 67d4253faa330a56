#pragma once
// What `cumulet-vision serve` speaks on stdin and stdout: one JSON object a line (no line break inside), UTF-8.
//
// A request:
//   {"job":"detect-video","file":PATH, "model":PATH?, "longest_side":N?, "threads":N?, "raw":true?}
//   {"job":"detect-image","bytes":N, "model":PATH?}   followed by exactly N bytes: the picture
// `model` is the face model's file, of YuNet or of MediaPipe's full-range detector; without it the answer is a failure.
// Requests are served one after the other until stdin ends.
//
// Each is answered by these lines, in this order:
//   {"event":"detector","name":"YuNet 2023mar","recall":"full"}       or "MediaPipe full range", "reduced"
//   {"event":"video","codec":..,"format":..,"duration_ms":..,"frame_rate":..,"width":..,"height":..,"color_range":..}
//   {"event":"progress","percent":N}                                   video: as it goes
//   {"event":"faces","faces":[FACE,..]}                                at most 500 a line, any number of lines
//   {"event":"done","faces":N,"frames":N,"duration_ms":N}              image: "width", "height" instead of the last two
// or, at any point instead of the rest:
//   {"event":"failed","code":C,"message":M}   C: UnsupportedMedia DamagedMedia ReadFailed InvalidImageFormat
//                                             ImageTooLarge NoDetector BadRequest
// A FACE is a record of vision/face/record.hpp.
namespace cumulet::vision_program {

// Serves requests until the end of stdin; the exit status.
int serve();

}  // namespace cumulet::vision_program
