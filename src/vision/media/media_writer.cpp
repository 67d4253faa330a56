#include "vision/media/media_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/ids.hpp"
#include "vision/media/errors.hpp"

namespace cumulet::vision {
namespace {

// Everything else - position, device, software, free text of the camera - stays behind.
constexpr std::array kKeptMetadata = {"title",   "artist",      "album",         "album_artist",
                                      "genre",   "date",        "creation_time", "copyright",
                                      "comment", "description", "language",      "handler_name"};
constexpr std::array kLocationMetadata = {"location", "location-eng", "com.apple.quicktime.location.ISO6709"};

void copy_metadata(AVDictionary* from, AVDictionary** to, const Carry& carry) {
  const auto copy = [&](const char* key) {
    if (const auto* entry = av_dict_get(from, key, nullptr, 0)) av_dict_set(to, key, entry->value, 0);
  };
  for (const char* key : kKeptMetadata) copy(key);
  if (carry.location) {
    for (const char* key : kLocationMetadata) copy(key);
  }
}

bool is_carried(const AVStream& stream, const Carry& carry) {
  if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) return carry.cover_art;
  switch (stream.codecpar->codec_type) {
    case AVMEDIA_TYPE_AUDIO:
    case AVMEDIA_TYPE_SUBTITLE: return true;
    case AVMEDIA_TYPE_DATA: return carry.data_streams;
    case AVMEDIA_TYPE_VIDEO: return carry.other_video;
    default: return false;
  }
}

bool is_quicktime(const AVFormatContext& source) {
  const auto* brand = av_dict_get(source.metadata, "major_brand", nullptr, 0);
  return brand == nullptr || std::strncmp(brand->value, "qt", 2) == 0;
}

const AVOutputFormat* choose_format(const MediaReader& source, const Carry& carry) {
  const AVOutputFormat* mov = av_guess_format("mov", nullptr, nullptr);
  const AVOutputFormat* mp4 = av_guess_format("mp4", nullptr, nullptr);
  if (is_quicktime(*source.container())) return mov;
  for (unsigned i = 0; i < source.container()->nb_streams; ++i) {
    const AVStream& stream = *source.container()->streams[i];
    if (&stream == source.video_stream() || !is_carried(stream, carry)) continue;
    if (avformat_query_codec(mp4, stream.codecpar->codec_id, FF_COMPLIANCE_NORMAL) == 0) return mov;
  }
  return mp4;
}

void copy_chapters(const AVFormatContext& from, AVFormatContext& to) {
  if (from.nb_chapters == 0) return;
  to.chapters = static_cast<AVChapter**>(av_calloc(from.nb_chapters, sizeof(AVChapter*)));
  if (to.chapters == nullptr) return;
  for (unsigned i = 0; i < from.nb_chapters; ++i) {
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (chapter == nullptr) return;
    chapter->id = from.chapters[i]->id;
    chapter->time_base = from.chapters[i]->time_base;
    chapter->start = from.chapters[i]->start;
    chapter->end = from.chapters[i]->end;
    copy_metadata(from.chapters[i]->metadata, &chapter->metadata, {});
    to.chapters[to.nb_chapters++] = chapter;
  }
}

// The colour tags; RGB sources become BT.601, which is what the scaler makes of them.
void copy_colour(const AVCodecParameters& from, AVCodecContext& to) {
  const auto* pixels = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(from.format));
  const bool rgb = pixels != nullptr && (pixels->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  to.color_range = rgb ? AVCOL_RANGE_MPEG : from.color_range;
  to.color_primaries = from.color_primaries;
  to.color_trc = from.color_trc;
  to.colorspace = rgb ? AVCOL_SPC_SMPTE170M : from.color_space;
  to.chroma_sample_location = from.chroma_location;
}

}  // namespace

Result<std::unique_ptr<MediaWriter>> MediaWriter::create(const MediaReader& source, const std::string& target,
                                                         const EncodeOptions& options) {
  std::unique_ptr<MediaWriter> writer(new MediaWriter);
  CUMULET_CHECK(writer->open(source, target, options));
  return writer;
}

MediaWriter::~MediaWriter() {
  if (container_ != nullptr) {
    if (container_->pb != nullptr) avio_closep(&container_->pb);
    avformat_free_context(container_);
  }
  if (!committed_ && !temporary_.empty()) ::unlink(temporary_.c_str());
}

Error MediaWriter::write_failed(int code) const {
  if (code == AVERROR(ENOSPC) || code == AVERROR(EDQUOT) || code == AVERROR(EFBIG)) {
    return Error{kWriteFailed, "The video cannot be written: no space left (" + av::error_text(code) + ")."};
  }
  return Error{kWriteFailed, "The video cannot be written: " + av::error_text(code) + "."};
}

Result<void> MediaWriter::open(const MediaReader& source, const std::string& target, const EncodeOptions& options) {
  target_ = target;
  const std::size_t slash = target.rfind('/');
  const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
  const std::string temporary = target.substr(0, name) + "." + target.substr(name) + "." + random_hex(8) + ".part";
  if (const int made =
          avformat_alloc_output_context2(&container_, choose_format(source, options.carry), nullptr, temporary.c_str());
      made < 0) {
    return write_failed(made);
  }
  container_->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;  // FLAC in MP4 counts as that
  CUMULET_CHECK(add_picture(source, options));
  CUMULET_CHECK(add_copies(source, options.carry));
  copy_metadata(source.container()->metadata, &container_->metadata, options.carry);
  copy_chapters(*source.container(), *container_);
  if (const int opened = avio_open(&container_->pb, temporary.c_str(), AVIO_FLAG_WRITE); opened < 0) {
    return write_failed(opened);
  }
  temporary_ = temporary;
  return write_header();
}

Result<void> MediaWriter::add_picture(const MediaReader& source, const EncodeOptions& options) {
  const AVStream& from = *source.video_stream();
  const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
  if (codec == nullptr) return Error{kWriteFailed, "This FFmpeg has no libx264 encoder."};
  encoder_.reset(avcodec_alloc_context3(codec));
  width_ = source.decoder()->width;
  height_ = source.decoder()->height;
  encoder_->width = (width_ + 1) / 2 * 2;
  encoder_->height = (height_ + 1) / 2 * 2;
  encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder_->time_base = from.time_base;
  encoder_->framerate = from.avg_frame_rate.num > 0 ? from.avg_frame_rate : from.r_frame_rate;
  encoder_->sample_aspect_ratio =
      from.sample_aspect_ratio.num > 0 ? from.sample_aspect_ratio : from.codecpar->sample_aspect_ratio;
  copy_colour(*from.codecpar, *encoder_);
  if (from.codecpar->field_order > AV_FIELD_PROGRESSIVE) {
    encoder_->flags |= AV_CODEC_FLAG_INTERLACED_DCT;
    encoder_->field_order = from.codecpar->field_order;
  }
  if ((container_->oformat->flags & AVFMT_GLOBALHEADER) != 0) encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  AVDictionary* settings = nullptr;
  av_dict_set(&settings, "preset", options.preset.c_str(), 0);
  av_dict_set_int(&settings, "crf", options.crf, 0);
  const int opened = avcodec_open2(encoder_.get(), codec, &settings);
  av_dict_free(&settings);
  if (opened < 0) return Error{kWriteFailed, "The H.264 encoder refuses the video: " + av::error_text(opened) + "."};

  AVStream* stream = avformat_new_stream(container_, nullptr);
  picture_ = stream->index;
  avcodec_parameters_from_context(stream->codecpar, encoder_.get());
  // H.264 in 4:2:0 can say even sizes only; the container says the true one, and decoders crop to it.
  stream->codecpar->width = width_;
  stream->codecpar->height = height_;
  stream->time_base = from.time_base;
  stream->avg_frame_rate = from.avg_frame_rate;
  stream->sample_aspect_ratio = encoder_->sample_aspect_ratio;
  stream->disposition = from.disposition;
  copy_metadata(from.metadata, &stream->metadata, options.carry);
  std::size_t size = 0;
  if (const auto* matrix = av_stream_get_side_data(&from, AV_PKT_DATA_DISPLAYMATRIX, &size)) {
    if (auto* copy = av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, size)) std::memcpy(copy, matrix, size);
  }
  return {};
}

Result<void> MediaWriter::add_copies(const MediaReader& source, const Carry& carry) {
  outputs_.assign(source.container()->nb_streams, -1);
  for (unsigned i = 0; i < source.container()->nb_streams; ++i) {
    AVStream& from = *source.container()->streams[i];
    time_bases_.push_back(from.time_base);
    if (&from == source.video_stream()) {
      outputs_[i] = picture_;
      continue;
    }
    if (!is_carried(from, carry)) continue;
    if (avformat_query_codec(container_->oformat, from.codecpar->codec_id, FF_COMPLIANCE_NORMAL) == 0) {
      return Error{kUnsupportedMedia, std::string("A stream cannot be carried over into the result: ") +
                                          avcodec_get_name(from.codecpar->codec_id) + "."};
    }
    AVStream* stream = avformat_new_stream(container_, nullptr);
    outputs_[i] = stream->index;
    avcodec_parameters_copy(stream->codecpar, from.codecpar);
    const AVCodecTag* const* tags = container_->oformat->codec_tag;
    if (av_codec_get_id(tags, from.codecpar->codec_tag) != from.codecpar->codec_id) stream->codecpar->codec_tag = 0;
    stream->time_base = from.time_base;
    stream->avg_frame_rate = from.avg_frame_rate;
    stream->disposition = from.disposition;
    copy_metadata(from.metadata, &stream->metadata, carry);
  }
  return {};
}

Result<void> MediaWriter::write_header() {
  const AVRational picture_base = encoder_->time_base;
  AVDictionary* settings = nullptr;
  av_dict_set(&settings, "movflags", "+faststart", 0);
  if (picture_base.num == 1) av_dict_set_int(&settings, "video_track_timescale", picture_base.den, 0);
  const int written = avformat_write_header(container_, &settings);
  av_dict_free(&settings);
  if (written < 0) return write_failed(written);
  return {};
}

Result<void> MediaWriter::write_frame(AVFrame& frame) {
  std::int64_t pts = MediaReader::pts(frame);
  if (last_pts_ != AV_NOPTS_VALUE && pts <= last_pts_) pts = last_pts_ + 1;
  last_pts_ = pts;
  durations_[pts] = frame.pkt_duration;

  AVFrame* input = &frame;
  if (width_ != encoder_->width || height_ != encoder_->height) {
    if (!even_) {
      even_ = av::new_frame();
      even_->width = encoder_->width;
      even_->height = encoder_->height;
      even_->format = AV_PIX_FMT_YUV420P;
      if (const int got = av_frame_get_buffer(even_.get(), 0); got < 0) return write_failed(got);
    }
    if (const int got = av_frame_make_writable(even_.get()); got < 0) return write_failed(got);
    for (int y = 0; y < encoder_->height; ++y) {  // the last row and column doubled; chroma fits as it is
      auto* to = even_->data[0] + static_cast<std::ptrdiff_t>(y) * even_->linesize[0];
      std::memcpy(to, frame.data[0] + static_cast<std::ptrdiff_t>(std::min(y, height_ - 1)) * frame.linesize[0],
                  width_);
      if (width_ < encoder_->width) to[width_] = to[width_ - 1];
    }
    for (int plane : {1, 2}) {
      av_image_copy_plane(even_->data[plane], even_->linesize[plane], frame.data[plane], frame.linesize[plane],
                          encoder_->width / 2, encoder_->height / 2);
    }
    input = even_.get();
  }
  input->pts = pts;
  input->pict_type = AV_PICTURE_TYPE_NONE;  // or the encoder would repeat the source's choice of frame types
  if (const int sent = avcodec_send_frame(encoder_.get(), input); sent < 0) {
    return Error{kWriteFailed, "A frame cannot be encoded: " + av::error_text(sent) + "."};
  }
  ++frames_;
  return drain();
}

Result<void> MediaWriter::drain() {
  for (;;) {
    const int received = avcodec_receive_packet(encoder_.get(), packet_.get());
    if (received == AVERROR(EAGAIN) || received == AVERROR_EOF) return {};
    if (received < 0) return Error{kWriteFailed, "A frame cannot be encoded: " + av::error_text(received) + "."};
    if (const auto known = durations_.find(packet_->pts); known != durations_.end()) {
      packet_->duration = known->second;
      durations_.erase(known);
    }
    packet_->stream_index = picture_;
    av_packet_rescale_ts(packet_.get(), encoder_->time_base, container_->streams[picture_]->time_base);
    if (const int written = av_interleaved_write_frame(container_, packet_.get()); written < 0) {
      return write_failed(written);
    }
    if (container_->pb->error < 0) return write_failed(container_->pb->error);
    ++packets_;
  }
}

Result<void> MediaWriter::copy_packet(AVPacket& packet) {
  const int output = outputs_[packet.stream_index];
  if (output < 0) return {};
  av_packet_rescale_ts(&packet, time_bases_[packet.stream_index], container_->streams[output]->time_base);
  packet.stream_index = output;
  packet.pos = -1;
  if (const int written = av_interleaved_write_frame(container_, &packet); written < 0) return write_failed(written);
  if (container_->pb->error < 0) return write_failed(container_->pb->error);
  return {};
}

Result<void> MediaWriter::commit() {
  if (const int sent = avcodec_send_frame(encoder_.get(), nullptr); sent < 0) {
    return Error{kWriteFailed, "The last frames cannot be encoded: " + av::error_text(sent) + "."};
  }
  CUMULET_CHECK(drain());
  if (packets_ != frames_) {
    return Error{kWriteFailed,
                 "Of " + std::to_string(frames_) + " frames only " + std::to_string(packets_) + " were encoded."};
  }
  if (const int written = av_write_trailer(container_); written < 0) return write_failed(written);
  const int error = container_->pb->error;
  if (const int closed = avio_closep(&container_->pb); closed < 0 || error < 0) {
    return write_failed(error < 0 ? error : closed);
  }
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) return write_failed(AVERROR(errno));
  committed_ = true;
  return {};
}

}  // namespace cumulet::vision
