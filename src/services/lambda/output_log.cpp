#include "services/lambda/output_log.hpp"

namespace cumulet::lambda {

void OutputLog::print(std::string_view piece) {
  const TimePoint now = clock_.now();
  std::lock_guard lock(mutex_);
  while (!piece.empty()) {
    const auto newline = piece.find('\n');
    std::string_view part = piece.substr(0, newline == piece.npos ? piece.npos : newline + 1);
    part = part.substr(0, kMaxLine - unfinished_.size());
    piece.remove_prefix(part.size());
    unfinished_ += part;
    if (part.ends_with('\n') || unfinished_.size() >= kMaxLine) end_line_locked(now);
  }
  flush_locked();
}

void OutputLog::write(std::string line) {
  const TimePoint now = clock_.now();
  std::lock_guard lock(mutex_);
  if (!unfinished_.empty()) end_line_locked(now);
  add_locked(std::move(line), now);
  flush_locked();
}

void OutputLog::begin() {
  std::lock_guard lock(mutex_);
  tail_.clear();
}

std::string OutputLog::tail() const {
  std::lock_guard lock(mutex_);
  std::string_view out = tail_;
  if (out.size() > kTail) {
    out.remove_prefix(out.size() - kTail);
    while (!out.empty() && (static_cast<unsigned char>(out.front()) & 0xC0) == 0x80) out.remove_prefix(1);
  }
  return std::string(out);
}

void OutputLog::end_line_locked(TimePoint at) { add_locked(std::exchange(unfinished_, {}), at); }

void OutputLog::add_locked(std::string message, TimePoint at) {
  tail_ +=
      message.size() > kTail ? std::string_view(message).substr(message.size() - kTail) : std::string_view(message);
  if (tail_.size() > 4 * kTail) tail_.erase(0, tail_.size() - kTail);
  if (pending_bytes_ > kMaxPending) {
    left_out_ += message.size();
    return;
  }
  if (left_out_ > 0) {
    const std::size_t bytes = std::exchange(left_out_, 0);
    pending_.push_back(
        {at, "[" + std::to_string(bytes) + " bytes of output are left out here: the log could not keep up]\n"});
  }
  pending_bytes_ += message.size() + 64;
  pending_.push_back({at, std::move(message)});
}

void OutputLog::flush_locked() {
  if (flushing_ || pending_.empty()) return;
  flushing_ = true;
  post_([self = shared_from_this()] { self->flush(); });
}

void OutputLog::flush() {
  for (;;) {
    std::vector<LogEvent> batch;
    {
      std::lock_guard lock(mutex_);
      if (pending_.empty()) {
        flushing_ = false;
        return;
      }
      batch.swap(pending_);
      pending_bytes_ = 0;
    }
    if (log_) log_(stream_.region, stream_.group, stream_.name, std::move(batch));
  }
}

}  // namespace cumulet::lambda
