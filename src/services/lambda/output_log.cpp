#include "services/lambda/output_log.hpp"

namespace cumulet::lambda {
namespace {

std::string record_text(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != OutputLog::kRecord.front() || i + 1 == line.size())
      out += line[i];
    else
      out += line[++i] == 'n' ? '\n' : OutputLog::kRecord.front();
  }
  return out;
}

}  // namespace

void OutputLog::print(std::string_view piece) {
  const TimePoint now = clock_.now();
  std::lock_guard lock(mutex_);
  while (!piece.empty()) {
    const auto newline = piece.find('\n');
    std::string_view part = piece.substr(0, newline == piece.npos ? piece.npos : newline + 1);
    part = part.substr(0, kMaxLine - unfinished_.size());
    piece.remove_prefix(part.size());
    const std::size_t looked_at = unfinished_.size();
    unfinished_ += part;
    if (stream_.marks == Marks::records) find_record_locked(looked_at, now);
    if (part.ends_with('\n') || unfinished_.size() >= kMaxLine) end_line_locked(now);
  }
  flush_locked();
}

void OutputLog::write(std::string line) {
  const TimePoint now = clock_.now();
  std::lock_guard lock(mutex_);
  if (!unfinished_.empty()) end_line_locked(now);
  is_record_ = false;
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

// A record ends what was printed before it and had no newline yet. Its mark may have come in two pieces.
void OutputLog::find_record_locked(std::size_t from, TimePoint at) {
  const auto mark = is_record_ ? std::string::npos : unfinished_.find(kRecord, from == 0 ? 0 : from - 1);
  if (mark == std::string::npos) return;
  std::string record = unfinished_.substr(mark + kRecord.size());
  unfinished_.resize(mark);
  if (!unfinished_.empty()) end_line_locked(at);
  unfinished_ = std::move(record);
  is_record_ = true;
}

void OutputLog::end_line_locked(TimePoint at) {
  std::string text = std::exchange(unfinished_, {});
  if (is_record_) {
    const bool is_whole = text.ends_with('\n');  // else it is longer than an event and goes on
    if (is_whole) text.pop_back();
    text = record_text(text);
    is_record_ = !is_whole;
  }
  if (!text.empty()) add_locked(std::move(text), at);
}

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
