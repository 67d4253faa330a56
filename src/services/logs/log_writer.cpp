#include "services/logs/log_writer.hpp"

#include <optional>
#include <utility>

#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/readable.hpp"
#include "services/logs/store.hpp"

namespace cumulet::logs {
namespace {

constexpr std::size_t kMostWaiting = 32u << 20;
constexpr std::size_t kBatch = 1u << 20;
constexpr Milliseconds kPatience{100};
constexpr Seconds kLongestWait{10};  // for the disk; then memory grows rather than that something is lost
constexpr std::size_t kLargestMessage = (256u << 10) - 26;

// Cuts at a character's border.
void split_into(std::vector<InputEvent>& out, InputEvent event) {
  std::string_view rest = event.message;
  while (rest.size() > kLargestMessage) {
    std::size_t cut = kLargestMessage;
    while (cut > kLargestMessage - 4 && (static_cast<unsigned char>(rest[cut]) & 0xC0) == 0x80) --cut;
    out.push_back({event.timestamp, std::string(rest.substr(0, cut))});
    rest.remove_prefix(cut);
  }
  if (rest.size() == event.message.size())
    out.push_back(std::move(event));
  else
    out.push_back({event.timestamp, std::string(rest)});
}

}  // namespace

struct LogWriter::State {
  storage::Database& database;
  const Clock& clock;
  Timers& timers;

  std::mutex mutex;
  std::condition_variable changed;
  std::shared_ptr<Batch> gathered = std::make_shared<Batch>();
  std::size_t gathered_bytes = 0;
  std::size_t waiting_bytes = 0;  // gathered and submitted
  std::uint64_t submitted = 0, finished = 0;
  std::optional<Timers::Id> timer;
  std::uint64_t lost_bytes = 0;
};

LogWriter::LogWriter(storage::Database& database, const Clock& clock, Timers& timers)
    : state_(new State{database, clock, timers, {}, {}, std::make_shared<Batch>(), 0, 0, 0, 0, std::nullopt, 0}) {}

LogWriter::~LogWriter() { flush(); }

// Called with the lock held; returns with it held.
void LogWriter::submit(const std::shared_ptr<State>& state, std::unique_lock<std::mutex>& lock) {
  if (state->timer) state->timers.cancel(*std::exchange(state->timer, std::nullopt));
  if (state->gathered->empty()) return;
  const auto batch = std::exchange(state->gathered, std::make_shared<Batch>());
  const std::size_t bytes = std::exchange(state->gathered_bytes, 0);
  ++state->submitted;
  storage::Database::Job job = [state, batch](storage::Transaction& tx) -> Result<void> {
    const TimePoint now = state->clock.now();
    for (const auto& [key, events] : *batch) {
      const auto& [region, group_name, stream_name] = key;
      auto group = store::find_group(tx, region, group_name);
      if (!group) {
        CUMULET_TRY(group, store::create_group(tx, region, group_name, now));
      }
      auto stream = store::find_stream(tx, group->id, stream_name);
      if (!stream) {
        CUMULET_TRY(stream, store::create_stream(tx, group->id, stream_name, now));
      }
      store::append(tx, *stream, events, now);
    }
    return {};
  };
  // Submitted with the lock held: jobs keep the order of the batches.
  state->database.submit(std::move(job), [state, bytes](Result<void> result) {
    std::lock_guard done(state->mutex);
    state->waiting_bytes -= bytes;
    ++state->finished;
    if (!result.ok()) {
      state->lost_bytes += bytes;
      log::error("{} bytes of logs could not be stored: {}", bytes, result.error().message());
    }
    state->changed.notify_all();
  });
  (void)lock;
}

void LogWriter::append(std::string_view region, std::string_view group, std::string_view stream,
                       std::vector<InputEvent> events) {
  if (events.empty()) return;
  std::vector<InputEvent> pieces;
  pieces.reserve(events.size());
  std::size_t bytes = 0;
  for (InputEvent& event : events) {
    if (!is_valid_utf8(event.message)) event.message = readable_utf8(event.message);  // clients read it out of JSON
    bytes += event.message.size() + 26;
    if (event.message.size() <= kLargestMessage)
      pieces.push_back(std::move(event));
    else
      split_into(pieces, std::move(event));
  }
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, kLongestWait, [this] { return state_->waiting_bytes < kMostWaiting; });
  auto& gathered = (*state_->gathered)[Key(region, group, stream)];
  gathered.insert(gathered.end(), std::make_move_iterator(pieces.begin()), std::make_move_iterator(pieces.end()));
  state_->gathered_bytes += bytes;
  state_->waiting_bytes += bytes;
  if (state_->gathered_bytes >= kBatch) return submit(state_, lock);
  if (state_->timer) return;
  std::weak_ptr<State> weak = state_;
  state_->timer = state_->timers.after(kPatience, [weak] {
    const auto state = weak.lock();
    if (!state) return;
    std::unique_lock inner(state->mutex);
    state->timer.reset();
    submit(state, inner);
  });
}

void LogWriter::flush() {
  std::unique_lock lock(state_->mutex);
  submit(state_, lock);
  const std::uint64_t upto = state_->submitted;
  state_->changed.wait(lock, [this, upto] { return state_->finished >= upto; });
}

std::uint64_t LogWriter::lost_bytes() const {
  std::lock_guard lock(state_->mutex);
  return state_->lost_bytes;
}

}  // namespace cumulet::logs
