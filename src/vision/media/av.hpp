#pragma once
// RAII over libav's C objects. Only for the .cpp files of this folder.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}
#include <memory>
#include <string>

namespace cumulet::vision::av {

struct Delete {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(SwsContext* p) const { sws_freeContext(p); }
};
using InputFormat = std::unique_ptr<AVFormatContext, Delete>;
using Codec = std::unique_ptr<AVCodecContext, Delete>;
using Frame = std::unique_ptr<AVFrame, Delete>;
using Packet = std::unique_ptr<AVPacket, Delete>;
using Scaler = std::unique_ptr<SwsContext, Delete>;

inline Frame new_frame() { return Frame(av_frame_alloc()); }
inline Packet new_packet() { return Packet(av_packet_alloc()); }

// libav's own words for an error code.
std::string error_text(int code);

// Silences libav's log, once for the process: what matters comes back as errors.
void silence_log();

}  // namespace cumulet::vision::av
