#include "vision/media/media_reader.hpp"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numbers>

#include "vision/media/errors.hpp"
#include "vision/media/mp4_boxes.hpp"

namespace cumulet::vision {
namespace {

constexpr std::int64_t kMostPixels = 64'000'000;  // of a frame: 8K has 33 million
// FFmpeg opens a decoder for each, which takes a megabyte and more. Films with many languages have some forty.
constexpr int kMostStreams = 100;

// A file that begins like an MP4 or MOV but has no readable index was one once: cut short, not of another kind.
bool begins_like_mp4(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char head[8] = {};
  if (!file.read(head, sizeof head)) return false;
  const std::string_view type(head + 4, 4);
  return type == "ftyp" || type == "moov" || type == "mdat" || type == "wide";
}

Orientation orientation_of(const AVStream& stream) {
  Orientation orientation;
  const auto* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  if (data == nullptr) return orientation;
  const auto* matrix = reinterpret_cast<const std::int32_t*>(data);
  double a = matrix[0], b = matrix[1];
  const double c = matrix[3], d = matrix[4];
  if (a * d - b * c < 0) {
    orientation.mirrored = true;
    a = -a;
    b = -b;
  }
  const double turns = std::atan2(b, a) / (std::numbers::pi / 2);
  orientation.quarter_turns = static_cast<int>(std::lround(turns) + 4) % 4;
  return orientation;
}

}  // namespace

Result<std::unique_ptr<MediaReader>> MediaReader::open(const std::string& path, Streams streams, int decoder_threads) {
  av::silence_log();
  std::unique_ptr<MediaReader> reader(new MediaReader);
  CUMULET_CHECK(reader->open_container(path));
  CUMULET_CHECK(reader->open_decoder(decoder_threads));
  for (unsigned index = 0; index < reader->container_->nb_streams; ++index) {
    AVStream* stream = reader->container_->streams[index];
    const bool sound_or_subtitle =
        stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO || stream->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE;
    const bool wanted = stream == reader->video_ || streams == Streams::all ||
                        (streams == Streams::with_sound_and_subtitles && sound_or_subtitle);
    if (!wanted) stream->discard = AVDISCARD_ALL;
  }
  reader->packets_.resize(reader->container_->nb_streams);
  reader->describe();
  return reader;
}

Result<void> MediaReader::open_container(const std::string& path) {
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  AVFormatContext* raw = avformat_alloc_context();
  if (raw == nullptr) return Error{kReadFailed, "There is not enough memory to read the video."};
  raw->max_streams = kMostStreams;
  const int opened = avformat_open_input(&raw, path.c_str(), av_find_input_format("mov"), &options);
  av_dict_free(&options);
  if (opened < 0) {
    if (opened == AVERROR(ENOMEM)) {  // which is what FFmpeg says of one stream too many
      return Error{kUnsupportedMedia,
                   "The video has too many streams: more than " + std::to_string(kMostStreams) + "."};
    }
    if (opened == AVERROR(ENOENT) || opened == AVERROR(EACCES) || opened == AVERROR(EIO)) {
      return Error{kReadFailed, "The video file cannot be read: " + av::error_text(opened) + "."};
    }
    if (begins_like_mp4(path)) {
      return Error{kDamagedMedia, "The video is damaged or cut short: its index cannot be read."};
    }
    if (std::filesystem::is_directory(path)) return Error{kUnsupportedMedia, "It is a folder, not a video."};
    return Error{kUnsupportedMedia, "The file is not an MP4 or MOV video."};
  }
  container_.reset(raw);
  CUMULET_CHECK(check_mp4_boxes(path));
  if (const int found = avformat_find_stream_info(raw, nullptr); found < 0) {
    return Error{kDamagedMedia, "The video's streams cannot be read: " + av::error_text(found) + "."};
  }
  const int best = av_find_best_stream(raw, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (best < 0 || (raw->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) {
    return Error{kUnsupportedMedia, "The file has no video stream."};
  }
  video_ = raw->streams[best];
  return {};
}

Result<void> MediaReader::open_decoder(int threads) {
  const AVCodec* codec = avcodec_find_decoder(video_->codecpar->codec_id);
  if (codec == nullptr) {
    return Error{kUnsupportedMedia, std::string("The video's codec is not supported: ") +
                                        avcodec_get_name(video_->codecpar->codec_id) + "."};
  }
  decoder_.reset(avcodec_alloc_context3(codec));
  avcodec_parameters_to_context(decoder_.get(), video_->codecpar);
  decoder_->pkt_timebase = video_->time_base;
  // Of damaged MPEG-4 Part 2, FFmpeg 5.1's frame threads hand on pictures without a buffer, and abort.
  decoder_->thread_count = video_->codecpar->codec_id == AV_CODEC_ID_MPEG4 ? 1 : threads;
  // Frames that could not be decoded whole must be seen to be refused: no hiding, no concealment without a word.
  decoder_->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
  decoder_->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
  if (const int opened = avcodec_open2(decoder_.get(), codec, nullptr); opened < 0) {
    return Error{kUnsupportedMedia, "The video's codec parameters are not usable: " + av::error_text(opened) + "."};
  }
  if (decoder_->width <= 0 || decoder_->height <= 0) {
    return Error{kDamagedMedia, "The video's picture size is not known: the file is damaged."};
  }
  // Some twenty frames are in memory at a time.
  if (static_cast<std::int64_t>(decoder_->width) * decoder_->height > kMostPixels) {
    return Error{kUnsupportedMedia, "The video's pictures are too large: " + std::to_string(decoder_->width) + " x " +
                                        std::to_string(decoder_->height) + " pixels, of at most 64 million."};
  }
  return {};
}

void MediaReader::describe() {
  info_.codec = avcodec_get_name(video_->codecpar->codec_id);
  info_.format = container_->iformat->long_name;
  const AVRational ms{1, 1000};
  if (video_->duration != AV_NOPTS_VALUE) {
    info_.duration_ms = av_rescale_q(video_->duration, video_->time_base, ms);
  } else if (container_->duration != AV_NOPTS_VALUE) {
    info_.duration_ms = av_rescale_q(container_->duration, AVRational{1, AV_TIME_BASE}, ms);
  }
  const AVRational rate = video_->avg_frame_rate.num > 0 ? video_->avg_frame_rate : video_->r_frame_rate;
  if (rate.num > 0 && rate.den > 0) info_.frame_rate = av_q2d(rate);
  info_.orientation = orientation_of(*video_);
  info_.width = decoder_->width;
  info_.height = decoder_->height;
  double pixel_aspect = 1;
  const AVRational sar = av_guess_sample_aspect_ratio(container_.get(), video_, nullptr);
  if (sar.num > 0 && sar.den > 0) pixel_aspect = av_q2d(sar);
  info_.aspect = pixel_aspect * info_.width / info_.height;
  if (info_.orientation.swaps_sides()) {
    std::swap(info_.width, info_.height);
    info_.aspect = 1 / info_.aspect;
  }
  const auto* pixels = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(video_->codecpar->format));
  const bool rgb = pixels != nullptr && (pixels->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  // YUV that does not say its range is limited.
  info_.color_range = video_->codecpar->color_range == AVCOL_RANGE_JPEG || rgb ? "FULL" : "LIMITED";
  info_.frames = video_->nb_frames;
}

Error MediaReader::damaged(const std::string& what) const {
  return Error{kDamagedMedia, "The video is damaged at frame " + std::to_string(frames_) + ": " + what + "."};
}

Result<bool> MediaReader::receive() {
  const int received = avcodec_receive_frame(decoder_.get(), frame_.get());
  if (received == AVERROR(EAGAIN) || received == AVERROR_EOF) return false;
  if (received < 0) return damaged("it cannot be decoded (" + av::error_text(received) + ")");
  if ((frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame_->decode_error_flags != 0) {
    return damaged("parts of the picture are missing");
  }
  if (frame_->best_effort_timestamp == AV_NOPTS_VALUE) return damaged("it has no time stamp");
  if (first_pts_ == AV_NOPTS_VALUE) first_pts_ = frame_->best_effort_timestamp;
  ++frames_;
  return true;
}

Result<MediaReader::Item> MediaReader::next() {
  for (;;) {
    CUMULET_TRY(const bool have_frame, receive());
    if (have_frame) return Item{frame_.get(), nullptr};
    if (reading_ended_) {
      CUMULET_CHECK(check_complete());
      return Item{};
    }
    av_packet_unref(packet_.get());
    const int read = av_read_frame(container_.get(), packet_.get());
    if (read == AVERROR_EOF) {
      reading_ended_ = true;
      if (const int flushed = avcodec_send_packet(decoder_.get(), nullptr); flushed < 0) {
        return damaged(av::error_text(flushed));
      }
      continue;
    }
    if (read < 0) return damaged("the file cannot be read on (" + av::error_text(read) + ")");
    // What was read while the streams were probed is handed out in spite of `discard`.
    if (container_->streams[packet_->stream_index]->discard == AVDISCARD_ALL) continue;
    ++packets_[packet_->stream_index];
    if ((packet_->flags & AV_PKT_FLAG_CORRUPT) != 0) return damaged("the file is cut short or damaged there");
    if (packet_->stream_index != video_->index) return Item{nullptr, packet_.get()};
    if ((packet_->flags & AV_PKT_FLAG_DISCARD) == 0) ++expected_frames_;
    if (const int sent = avcodec_send_packet(decoder_.get(), packet_.get()); sent < 0) {
      return damaged("it cannot be decoded (" + av::error_text(sent) + ")");
    }
  }
}

Result<void> MediaReader::check_complete() const {
  for (unsigned index = 0; index < container_->nb_streams; ++index) {
    AVStream* stream = container_->streams[index];
    if (stream->discard == AVDISCARD_ALL) continue;
    const std::int64_t listed = avformat_index_get_entries_count(stream);
    if (packets_[index] < listed) {
      return Error{kDamagedMedia, "The video is cut short: of " + std::to_string(listed) + " pieces of stream " +
                                      std::to_string(index) + " the file holds " + std::to_string(packets_[index]) +
                                      "."};
    }
  }
  if (frames_ == 0) return Error{kDamagedMedia, "The video holds no frame."};
  // MPEG-4 Part 2 may say "as before" in a packet of its own. Two fields of one frame may come as two packets.
  const bool may_skip = video_->codecpar->codec_id == AV_CODEC_ID_MPEG4;
  const bool fields = video_->codecpar->field_order > AV_FIELD_PROGRESSIVE && frames_ * 2 >= expected_frames_;
  if (frames_ < expected_frames_ && !may_skip && !fields) {
    return Error{kDamagedMedia, "The video is damaged: only " + std::to_string(frames_) + " of its " +
                                    std::to_string(expected_frames_) + " frames can be decoded."};
  }
  return {};
}

std::int64_t MediaReader::milliseconds(const AVFrame& frame) const {
  return av_rescale_q_rnd(frame.best_effort_timestamp - first_pts_, video_->time_base, AVRational{1, 1000},
                          AV_ROUND_DOWN);
}

}  // namespace cumulet::vision
